import { request } from 'undici';
import { buildSandbox } from '../../src/sandbox/app.ts';
import type { SandboxOptions } from '../../src/sandbox/options.ts';

/** What the sandbox has seen: `GET /__sandbox/log`. */
export type SandboxLog = {
  requests: Record<string, number>;
  messages: {
    session_id: string;
    text: string;
    story: string | null;
    status: string;
    refusal: { status: number; code: number | null } | null;
    charged: number;
  }[];
  overlapping: number;
  renders: { id: string; session_id: string; submits: number; accepted: boolean; status: string; output: unknown }[];
  tokens: { client_id: string; issued: number }[];
  missing_headers: { route: string; header: string }[];
  uploads: { session_id: string; filename: string; sha256: string | null; bytes: number | null }[];
  charged_total: number;
};

export type TestSandbox = {
  url: string;
  log(): Promise<SandboxLog>;
  story(story: string | null, times?: number): Promise<void>;
  fault(fault: Record<string, unknown>): Promise<void>;
  /** Every user has so many credits more. */
  topUp(credits: number): Promise<void>;
  /** As after seven days: the anonymous tokens are worth nothing any more. */
  expireTokens(): Promise<void>;
  close(): Promise<void>;
};

/** A simulated NemoVideo, two hundred times as fast as the real one, with credits for many turns. */
export async function startTestSandbox(options: Partial<SandboxOptions> = {}, port = 0): Promise<TestSandbox> {
  const sandbox = buildSandbox({ speed: 200, credits: 100_000, ...options });
  const url = await sandbox.listen(port, '127.0.0.1');
  const tell = async (method: 'PUT' | 'POST', path: string, body: unknown) => {
    const answer = await request(`${url}/__sandbox/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.statusCode >= 300) throw new Error(await answer.body.text());
    await answer.body.dump();
  };
  return {
    url,
    log: async () => (await (await request(`${url}/__sandbox/log`)).body.json()) as SandboxLog,
    story: (story, times) => tell('PUT', 'story', { story, ...(times === undefined ? {} : { times }) }),
    fault: (fault) => tell('PUT', 'fault', fault),
    topUp: (credits) => tell('POST', 'top-up', { credits }),
    expireTokens: () => tell('POST', 'expire-tokens', {}),
    close: () => sandbox.close(),
  };
}
