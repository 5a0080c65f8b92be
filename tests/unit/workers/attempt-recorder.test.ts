import { expect, it } from 'vitest';
import type { Queryable } from '../../../src/lib/db/database.ts';
import type { AttemptRecord } from '../../../src/lib/db/webhook-attempts.ts';
import type { Logger } from '../../../src/lib/logger.ts';
import { createAttemptRecorder } from '../../../src/workers/webhooks/attempt-recorder.ts';

const gone = (endpointId: string) =>
  ({
    messageId: `msg of ${endpointId}`,
    endpointId,
    url: 'https://example.com',
    statusCode: 410,
    error: 'http_status',
  }) as AttemptRecord;

it('an endpoint that cannot be disabled keeps no other from it, and all attempts are recorded', async () => {
  const disabled: unknown[] = [];
  const logged: unknown[] = [];
  const query = async (statement: string | object, values: unknown[] = []) => {
    if (typeof statement === 'object') return { rows: [] };
    if (values[0] === 'whe_broken') throw new Error('deadlock detected');
    if (statement.includes('UPDATE')) disabled.push(values[0]);
    return { rows: [{ id: values[0], tenant_id: 'one', events: [], created_at: new Date(), failing_since: null }] };
  };
  const log = { error: (about: object, words: string) => logged.push([about, words]) };
  const recorder = createAttemptRecorder({ query } as unknown as Queryable, log as unknown as Logger);
  recorder.add(gone('whe_broken'));
  recorder.add(gone('whe_gone'));
  await recorder.drained();
  expect(disabled).toEqual(['whe_gone']);
  expect(logged).toEqual([[expect.objectContaining({ endpoint_id: 'whe_broken' }), 'webhook endpoint not disabled']]);
});
