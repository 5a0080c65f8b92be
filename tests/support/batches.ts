import type { BatchResult } from '../../src/lib/db/batches.ts';
import type { BatchView } from '../../src/lib/domain/batch.ts';
import type { Client } from './client.ts';
import { waitFor } from './wait-for.ts';

export const film = (id: number | string, more: object = {}) => ({
  custom_id: `film-${id}`,
  type: 'generate',
  prompt: `A film of number ${id}`,
  ...more,
});

export const films = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, index) => film(index, more));

/** Submits a batch; fails the test when it is not taken. */
export async function submitBatch(client: Client, body: object): Promise<BatchView> {
  const answer = await client.post<BatchView>('/v1/batches', body);
  if (answer.status !== 202) throw new Error(`not taken: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export async function readBatch(client: Client, id: string): Promise<BatchView> {
  return (await client.get<BatchView>(`/v1/batches/${id}`)).body;
}

/** Waits until the batch has ended. */
export function batchEnded(client: Client, id: string): Promise<BatchView> {
  return waitFor(`the end of ${id}`, async () => {
    const batch = await readBatch(client, id);
    return batch.finished_at !== null && batch;
  });
}

export async function readResults(client: Client, id: string): Promise<BatchResult[]> {
  const answer = await client.get<string>(`/v1/batches/${id}/results`);
  if (answer.headers['content-type'] !== 'application/x-ndjson') throw new Error('not NDJSON');
  return (answer.body ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
