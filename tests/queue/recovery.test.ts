import { afterEach, beforeEach, expect, it } from 'vitest';
import { readConfig } from '../../src/lib/config.ts';
import { openQueueBackend } from '../../src/lib/queue/backend.ts';
import { openProducer } from '../../src/lib/queue/producer.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

let service: TestService;

beforeEach(async () => {
  // Slow enough that a turn can be caught in the middle.
  service = await startService({
    workers: false,
    sandbox: { speed: 60 },
    env: { DRAIN_TIMEOUT: '0s', RECOVERY_DELAYS: '500ms,1s,1s,1s,1s' },
  });
});

afterEach(() => service?.stop());

const inTurn = (id: string) =>
  waitFor('the stream', async () => {
    const { messages } = await service.sandbox.log();
    return messages.length > 0 && (await service.client.job(id)).phase === 'converse';
  });

it('a worker that is told to stop in the middle of a stream hands over; the next one reports the turn, sent once', async () => {
  const first = await service.startWorkers();
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A handed over clip' });
  await inTurn(id);
  await first.stop();
  expect(await service.client.job(id)).toMatchObject({ finished_at: null, charged: 'unknown' });
  await service.startWorkers();
  const job = await service.client.ended(id, 40_000);
  expect(job).toMatchObject({ status: 'succeeded', charged: 'yes' });
  expect((await service.sandbox.log()).messages).toHaveLength(1);
});

it('a job that fell out of the queue between commit and add is found again', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'What was that?' });
  await service.database.sql(
    `UPDATE job SET dispatch_no = 1, dispatched_at = now() - interval '1 hour', due_at = now() - interval '1 hour'`,
  );
  await service.startWorkers();
  expect(await service.client.ended(id, 40_000)).toMatchObject({ status: 'succeeded' });
});

it('a job whose worker died while it replaced a session opens one, whatever phase it was in', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'What was lost?' });
  await service.database.sql("UPDATE job SET phase = 'converse', started_at = now(), remedies = '{renew_session}'");
  await service.database.sql('UPDATE session SET opened_by = $1', [id]);
  await service.startWorkers();
  expect(await service.client.ended(id, 40_000)).toMatchObject({ status: 'succeeded' });
  expect((await service.sandbox.log()).messages).toHaveLength(1);
});

it('an entry that the queue brings early, as by a clock that is ahead, waits until its job is due', async () => {
  service.env.RECOVERY_DELAYS = '4s,100ms,100ms,100ms,100ms';
  await service.startWorkers();
  await service.sandbox.fault({ route: 'POST /run_sse', times: 1, status: 502 });
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A lost clip' });
  const backend = openQueueBackend({ ...readConfig(service.env).QUEUE_STORE, workers: 0 }, () => undefined);
  const queue = backend.queue('wait');
  const asleep = () => waitFor('the wait', async () => (await queue.getDelayed())[0]);
  await (await asleep()).promote();
  await asleep();
  const [early] = await service.database.sql(
    `SELECT recovery_reads, phase, due_at > now() + interval '1 second' AS sleeps FROM job WHERE id = $1`,
    [id],
  );
  expect(early).toEqual({ recovery_reads: 0, phase: 'reconcile', sleeps: true });
  await waitFor('a read', async () => {
    const [job] = await service.database.sql('SELECT recovery_reads FROM job WHERE id = $1', [id]);
    return Number(job?.recovery_reads) > 0;
  });
  await queue.close();
  await backend.close();
});

it('an entry of the queue with an older number is void: the job runs once', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'What was that again?' });
  await service.database.sql('UPDATE job SET dispatch_no = 5, dispatched_at = now()');
  const backend = openQueueBackend({ ...readConfig(service.env).QUEUE_STORE, workers: 0 }, () => undefined);
  const producer = openProducer(backend);
  const entry = (dispatch_no: number) => ({ queue: 'run' as const, payload: { job_id: id, dispatch_no }, delayMs: 0 });
  expect(await producer.add([entry(4), entry(5), entry(6)])).toEqual([]);
  await producer.close();
  await backend.close();

  await service.startWorkers();
  expect(await service.client.ended(id)).toMatchObject({ status: 'succeeded' });
  expect((await service.sandbox.log()).messages).toHaveLength(1);
  expect(await service.database.sql('SELECT epoch, dispatch_no FROM job')).toEqual([{ epoch: 1, dispatch_no: 5 }]);
});
