import { request } from 'undici';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { waitFor } from './wait-for.ts';

export type Answer<T = unknown> = { status: number; headers: Record<string, string | string[] | undefined>; body: T };

export type Client = {
  get<T = unknown>(path: string, headers?: Record<string, string>): Promise<Answer<T>>;
  post<T = unknown>(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer<T>>;
  /** Submits a job; fails the test when it is not taken. */
  submit(body: Record<string, unknown>): Promise<JobView>;
  job(id: string): Promise<JobView>;
  /** Waits until the job has ended. */
  ended(id: string, timeoutMs?: number): Promise<JobView>;
};

const TERMINAL = ['succeeded', 'failed', 'canceled', 'expired'];

/** Speaks to the API as a client does: over HTTP, with a key. */
export function createClient(baseUrl: string, apiKey: string): Client {
  const call = async <T>(method: 'GET' | 'POST', path: string, headers: Record<string, string>, body?: string) => {
    const answer = await request(`${baseUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, body: (text ? JSON.parse(text) : null) as T };
  };
  const client: Client = {
    get: (path, headers = {}) => call('GET', path, headers),
    post: (path, body, headers = {}) =>
      call(
        'POST',
        path,
        { 'content-type': 'application/json', ...headers },
        typeof body === 'string' ? body : JSON.stringify(body),
      ),
    async submit(body) {
      const answer = await client.post<JobView>('/v1/jobs', body);
      if (answer.status !== 202) throw new Error(`not taken: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    job: async (id) => (await client.get<JobView>(`/v1/jobs/${id}`)).body,
    ended: (id, timeoutMs) =>
      waitFor(
        `the end of ${id}`,
        async () => {
          const job = await client.job(id);
          return TERMINAL.includes(job.status) && job;
        },
        timeoutMs,
      ),
  };
  return client;
}
