import { afterEach } from 'vitest';
import { buildSandbox } from '../../src/sandbox/app.ts';
import type { SandboxOptions } from '../../src/sandbox/options.ts';
import { waitFor } from '../support/wait-for.ts';

const ATTRIBUTION = { 'X-Skill-Source': 'nemo-video', 'X-Skill-Version': '1.9', 'X-Skill-Platform': 'unknown' };

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field, as a stranger's are.
export type Loose = any;
export type Answer = { status: number; headers: Headers; text: string; json: Loose };
/** What came over a stream: the events, all bytes as they came, and whether it ended properly. */
export type Heard = { status: number; frames: Loose[]; raw: string; pieces: Uint8Array[]; isWhole: boolean };
export type User = ReturnType<typeof userOf>;

const running = new Set<{ close(): Promise<void> }>();

afterEach(async () => {
  await Promise.all([...running].map((sandbox) => sandbox.close()));
  running.clear();
});

/** A sandbox of its own for one test, closed after it. */
export async function startSandbox(options: Partial<SandboxOptions> = {}) {
  const sandbox = buildSandbox({ speed: 2000, credits: 1000, ...options });
  running.add(sandbox);
  const url = await sandbox.listen(0);
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const isForm = body instanceof FormData;
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: body === undefined || isForm ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: isForm || typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: parse(text) } satisfies Answer;
  };
  return {
    url,
    close: () => sandbox.close(),
    call,
    put: (path: string, body: unknown) => call('PUT', `/__sandbox/${path}`, body),
    log: async (): Promise<Loose> => (await call('GET', '/__sandbox/log')).json,
    user: async (clientId = 'client-1') => {
      const answer = await call('POST', '/api/auth/anonymous-token', undefined, {
        ...ATTRIBUTION,
        'X-Client-Id': clientId,
      });
      return userOf(url, call, answer.json.data.token);
    },
    registered: (token: string) => userOf(url, call, token),
  };
}

type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

function userOf(url: string, call: Call, token: string) {
  const headers = { ...ATTRIBUTION, Authorization: `Bearer ${token}` };
  const user = {
    headers,
    get: (path: string) => call('GET', path, undefined, headers),
    post: (path: string, body?: unknown) => call('POST', path, body, headers),
    credits: async () => (await user.get('/api/credits/balance/simple')).json.data,
    session: async (): Promise<string> => {
      const body = { task_name: 'project', language: 'en' };
      return (await user.post('/api/tasks/me/with-session/nemo_agent', body)).json.data.session_id;
    },
    state: async (sid: string): Promise<Loose> =>
      (await user.get(`/api/state/nemo_agent/me/${sid}/latest`)).json.data.state,
    /** Sends one message and listens to the end, or until `signal`. */
    say: (sid: string, text: string, options: { streaming?: true; signal?: AbortSignal } = {}) =>
      listen(url, headers, sid, text, options),
    submit: (sid: string, id: string, draft: unknown) =>
      user.post('/api/render/proxy/lambda', {
        id,
        sessionId: sid,
        draft,
        output: { format: 'mp4', quality: 'high' },
      }),
    rendered: (id: string): Promise<Loose> =>
      waitFor(`the end of ${id}`, async () => {
        const { json } = await user.get(`/api/render/proxy/lambda/${id}`);
        return ['completed', 'failed'].includes((json.data ?? json).status) && json;
      }),
  };
  return user;
}

async function listen(
  url: string,
  headers: Record<string, string>,
  sid: string,
  text: string,
  { streaming, signal }: { streaming?: true; signal?: AbortSignal },
): Promise<Heard> {
  const answer = await fetch(`${url}/run_sse`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({
      app_name: 'nemo_agent',
      user_id: 'me',
      session_id: sid,
      new_message: { parts: [{ text }] },
      ...(streaming ? { streaming } : {}),
    }),
    signal: signal ?? null,
  });
  const pieces: Uint8Array[] = [];
  let isWhole = true;
  try {
    for await (const piece of answer.body ?? []) pieces.push(piece);
  } catch {
    isWhole = false;
  }
  const raw = Buffer.concat(pieces).toString('utf8');
  const frames = payloadsIn(raw).flatMap((payload) => parse(payload) ?? []);
  return { status: answer.status, frames: frames.filter(({ type }) => type !== 'heartbeat'), raw, pieces, isWhole };
}

/** The data of each event, lines joined. */
export function payloadsIn(raw: string): string[] {
  const events = raw.replaceAll('\r\n', '\n').split('\n\n').slice(0, -1);
  return events.map((event) =>
    event
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.replace(/^data: ?/, ''))
      .join('\n'),
  );
}

/** All texts of a stream, in order. */
export function textsIn(frames: Loose[]): string[] {
  return frames.flatMap((frame) => (frame.content?.parts ?? []).flatMap((part: Loose) => part.text ?? []));
}

/** `call name` and `result name`, in order. */
export function toolsIn(frames: Loose[]): string[] {
  return frames.flatMap((frame) =>
    (frame.content?.parts ?? []).flatMap((part: Loose) => {
      if (part.functionCall) return `call ${part.functionCall.name}`;
      return part.functionResponse ? `result ${part.functionResponse.name}` : [];
    }),
  );
}

function parse(text: string): Loose {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
