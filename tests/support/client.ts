import { request } from 'undici';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { expectContract } from './contract.ts';
import { waitFor } from './wait-for.ts';

export type Answer<T = unknown> = { status: number; headers: Record<string, string | string[] | undefined>; body: T };

export type Client = {
  get<T = unknown>(path: string, headers?: Record<string, string>): Promise<Answer<T>>;
  post<T = unknown>(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer<T>>;
  put<T = unknown>(path: string, body: unknown): Promise<Answer<T>>;
  patch<T = unknown>(path: string, body: unknown): Promise<Answer<T>>;
  delete<T = unknown>(path: string): Promise<Answer<T>>;
  /** Submits a job; fails the test when it is not taken. */
  submit(body: Record<string, unknown>): Promise<JobView>;
  job(id: string): Promise<JobView>;
  /** Waits until the job has ended. */
  ended(id: string, timeoutMs?: number): Promise<JobView>;
};

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const JSON_TYPE = { 'content-type': 'application/json' };
/** Answered when the job has ended; after a second at the latest, for tests that change rows of which nobody is told. */
const WAIT = { prefer: 'wait=1' };
const TERMINAL = ['succeeded', 'failed', 'canceled', 'expired'];

/** Speaks to the API as a client does: over HTTP, with a key. Every answer must be as the OpenAPI document says. */
export function createClient(baseUrl: string, apiKey: string): Client {
  const call = async <T>(method: Method, path: string, headers: Record<string, string>, body?: string) => {
    const answer = await request(`${baseUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.body.text();
    const isJson = /\bjson\b/.test(String(answer.headers['content-type']));
    const read = text !== '' && isJson ? JSON.parse(text) : text || null;
    await expectContract(baseUrl, { method, path, status: answer.statusCode, headers: answer.headers, body: read });
    return { status: answer.statusCode, headers: answer.headers, body: read as T };
  };
  const client: Client = {
    get: (path, headers = {}) => call('GET', path, headers),
    post: (path, body, headers = {}) => call('POST', path, { ...JSON_TYPE, ...headers }, textOf(body)),
    put: (path, body) => call('PUT', path, JSON_TYPE, textOf(body)),
    patch: (path, body) => call('PATCH', path, JSON_TYPE, textOf(body)),
    delete: (path) => call('DELETE', path, {}),
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
          const { body: job } = await client.get<JobView>(`/v1/jobs/${id}`, WAIT);
          return TERMINAL.includes(job.status) && job;
        },
        timeoutMs,
      ),
  };
  return client;
}

/** A text is sent as it is, valid or not. */
function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
