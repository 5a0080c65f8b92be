import { setTimeout as pause } from 'node:timers/promises';
import type { Queryable } from '../../lib/db/database.ts';
import { type AttemptRecord, recordAttempts } from '../../lib/db/webhook-attempts.ts';
import { disableEndpoint, type Unreachable } from '../../lib/db/webhook-endpoints.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import type { Logger } from '../../lib/logger.ts';

/** So long more attempts are waited for before a statement: a hundred of them cost Postgres half as much as by tens. In ms. */
const GATHER_MS = 20;
/** Attempts in one statement. */
const MAX_BATCH = 500;

export type AttemptRecorder = {
  /** Takes an attempt that has ended; it is recorded within a moment, with others. */
  add(record: AttemptRecord): void;
  /** Resolves when everything that was added is recorded, or could not be. */
  drained(): Promise<void>;
};

/**
 * Records attempts of this process, many a statement, one statement at a time, and disables endpoints that want no more
 * or have failed for too long. What cannot be recorded is logged: its message is claimed again when the lease runs out.
 * An endpoint that could not be disabled is when it fails again.
 */
export function createAttemptRecorder(db: Queryable, log: Logger): AttemptRecorder {
  let waiting: AttemptRecord[] = [];
  let recording: Promise<void> | null = null;

  const recordBatch = async (batch: readonly AttemptRecord[]) => {
    const failing = await recordAttempts(db, batch);
    faultPoint('delivery.recorded');
    for (const { endpointId, url, statusCode } of batch) {
      if (statusCode === 410 && endpointId !== null) await disable(endpointId, { reason: 'gone', url });
    }
    for (const id of failing) await disable(id, { reason: 'failing' });
  };
  const disable = (id: string, why: Unreachable) =>
    disableEndpoint(db, id, why).catch((error) =>
      log.error({ err: error, endpoint_id: id }, 'webhook endpoint not disabled'),
    );
  const record = async () => {
    while (waiting.length > 0) {
      if (waiting.length < MAX_BATCH) await pause(GATHER_MS);
      const batch = waiting.slice(0, MAX_BATCH);
      waiting = waiting.slice(MAX_BATCH);
      await recordBatch(batch).catch((error) => {
        const message_ids = batch.map(({ messageId }) => messageId);
        log.error({ err: error, message_ids }, 'webhook attempts not recorded');
      });
    }
    recording = null;
  };
  return {
    add(attempt) {
      waiting.push(attempt);
      recording ??= record();
    },
    async drained() {
      while (recording !== null) await recording;
    },
  };
}
