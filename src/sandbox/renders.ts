import type { Clock } from './clock.ts';

export type RenderShape = 'docs' | 'official';

/** How renders differ from the ordinary; the first one is the first since the story began. */
export type RenderStory = {
  fails?: 'first' | 'all';
  isBlocked?: true;
  durationMs?: number;
  /** What becomes of the first submit: refused as a duplicate, or taken and the connection reset. */
  firstSubmit?: 'refused' | 'unanswered';
  /** The id of each render is unknown to the first poll. */
  isForgotten?: true;
  /** Where the finished file lies: nowhere, or at an address that is dead. It can be downloaded all the same. */
  url?: RenderUrl;
};
type RenderUrl = 'good' | 'none' | 'dead';

/** One export. `startedAt` as `Date.now()`, `durationMs` at real speed. */
export type Render = {
  id: string;
  sessionId: string;
  userId: string;
  shape: RenderShape;
  startedAt: number;
  durationMs: number;
  fails: boolean;
  url: RenderUrl;
  /** Polls that come before the id is known. */
  blindPolls: number;
  isCanceled: boolean;
};

export type RenderProgress = { status: 'pending' | 'processing' | 'completed' | 'failed'; percent: number };

/** nemovideo-api.md, "Render": 30–90 s. */
export const RENDER_MS = 40_000;
const PENDING_MS = 4_000;
const FAILS_AT = 0.4;

/** How far a render is now. A canceled one counts as failed: the documented states have no other word for it. */
export function renderProgress(render: Render, clock: Clock): RenderProgress {
  const passedMs = clock.since(render.startedAt);
  const part = Math.min(1, passedMs / render.durationMs);
  const percent = Math.floor(100 * (render.fails ? Math.min(part, FAILS_AT) : part));
  if (render.isCanceled || (render.fails && part >= FAILS_AT)) return { status: 'failed', percent };
  if (part === 1) return { status: 'completed', percent };
  return passedMs < PENDING_MS ? { status: 'pending', percent: 0 } : { status: 'processing', percent };
}

/** What the upstream says of a render, in either of its two shapes. `file`: duration in s, size in bytes. */
export function renderAnswer(
  render: Render,
  clock: Clock,
  file: { url: string; duration: number; size: number },
): Record<string, unknown> {
  const { status, percent } = renderProgress(render, clock);
  const isDone = status === 'completed';
  const failure = status === 'failed' ? { error: render.isCanceled ? 'canceled' : 'render worker timed out' } : {};
  if (render.shape === 'docs') {
    const { url, ...rest } = file;
    const output = render.url === 'none' ? rest : { url, ...rest };
    return { taskId: render.id, status, progress: percent, ...(isDone ? { output } : {}), ...failure };
  }
  const data = {
    id: render.id,
    status,
    progress: percent,
    outputUrl: isDone && render.url !== 'none' ? file.url : null,
    createdAt: new Date(render.startedAt).toISOString(),
    completedAt: isDone ? new Date().toISOString() : null,
    ...failure,
  };
  return { success: true, data };
}
