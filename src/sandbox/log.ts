/** A message as it came. `cut`: the run is over, and its stream had broken off before. */
export type LoggedMessage = {
  session_id: string;
  text: string;
  /** The stories that were chosen for it, or null. */
  story: string | null;
  received_at: string;
  status: 'running' | 'done' | 'cut' | 'refused';
  /** What a refused one was answered; null: with a reset, or not refused. */
  refusal: { status: number; code: number | null } | null;
  /** In credits, 0 until the run is over. */
  charged: number;
};
type LoggedRender = { id: string; session_id: string; submits: number; accepted: boolean; output: object };
type LoggedUpload = { session_id: string; filename: string; sha256: string | null; bytes: number | null };

export type Log = ReturnType<typeof createLog>;

/** What the sandbox has seen, for tests: each thing as often as it really came. */
export function createLog() {
  const requests: Record<string, number> = {};
  const messages: LoggedMessage[] = [];
  const renders = new Map<string, LoggedRender>();
  const tokens = new Map<string, number>();
  const missing = new Map<string, { route: string; header: string }>();
  const uploads: LoggedUpload[] = [];
  let overlapping = 0;
  return {
    request(route: string): void {
      requests[route] = (requests[route] ?? 0) + 1;
    },
    /** The entry is the run's to update. */
    message(sessionId: string, text: string, story: string | null): LoggedMessage {
      const received_at = new Date().toISOString();
      const entry: LoggedMessage = {
        session_id: sessionId,
        text,
        story,
        received_at,
        status: 'running',
        refusal: null,
        charged: 0,
      };
      messages.push(entry);
      return entry;
    },
    overlap(): void {
      overlapping += 1;
    },
    /** A submit of a render; the entry says whether any was accepted. */
    render(id: string, sessionId: string, output: object): LoggedRender {
      const entry = renders.get(id) ?? { id, session_id: sessionId, submits: 0, accepted: false, output };
      entry.submits += 1;
      renders.set(id, entry);
      return entry;
    },
    token(clientId: string): void {
      tokens.set(clientId, (tokens.get(clientId) ?? 0) + 1);
    },
    /** Once per route and header. */
    missingHeader(route: string, header: string): void {
      missing.set(`${route} ${header}`, { route, header });
    },
    upload(entry: LoggedUpload): void {
      uploads.push(entry);
    },
    /** All of it, as `GET /__sandbox/log` answers. */
    view(renderStatus: (id: string) => string) {
      return {
        requests,
        messages,
        overlapping,
        renders: [...renders.values()].map((render) => ({ ...render, status: renderStatus(render.id) })),
        tokens: [...tokens].map(([client_id, issued]) => ({ client_id, issued })),
        missing_headers: [...missing.values()],
        uploads,
        charged_total: messages.reduce((sum, { charged }) => sum + charged, 0),
      };
    },
  };
}
