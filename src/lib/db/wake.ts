import pg from 'pg';
import type { Logger } from '../logger.ts';
import type { Queryable } from './database.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';

/**
 * A hint from whoever stores or cancels jobs to whoever dispatches them. It may get lost: the dispatcher looks by itself as well.
 * In a statement of its own, never in that of a job: NOTIFY makes commits wait for each other.
 */
const CHANNEL = 'reelay_jobs';
/** Nobody waits for the disk: what is lost with the server is only a hint. */
const HINT = `SELECT ${WITHOUT_WAITING}, pg_notify('${CHANNEL}', '')`;
/** Many jobs are one hint: more of them would only be more commits. In ms. */
const LEAST_GAP_MS = 10;
/** A database that is away is not asked more often. In ms. */
const RECONNECT_MS = 1_000;

export type Waker = {
  /** There are new jobs. */
  wake(): void;
  /** Resolves when no hint is under way any more. */
  stop(): Promise<void>;
};

/** Tells all workers that there are new jobs: at once, and then at most every 10 ms. */
export function createWaker(db: Queryable, log: Logger): Waker {
  let asked = false;
  let telling: Promise<void> | null = null;
  let stopped = false;
  const tell = async () => {
    while (asked && !stopped) {
      asked = false;
      await db.query(HINT).catch((error) => log.debug({ err: error }, 'workers were not woken'));
      await new Promise((resolve) => setTimeout(resolve, LEAST_GAP_MS));
    }
    telling = null;
  };
  return {
    wake() {
      asked = true;
      telling ??= tell();
    },
    async stop() {
      stopped = true;
      await telling;
    },
  };
}

/** Calls `onWake` for every hint, over a connection of its own, which is made again when it breaks. */
export function listenForJobs(url: string, onWake: () => void, log: Logger): { stop(): Promise<void> } {
  let client: pg.Client | null = null;
  let retry: NodeJS.Timeout | null = null;
  let stopped = false;

  const connect = async () => {
    const own = new pg.Client({ connectionString: url, application_name: 'reelay-wake', keepAlive: true });
    client = own;
    const again = (error?: Error) => {
      if (stopped || client !== own) return;
      client = null;
      if (error) log.warn({ err: error }, 'hints of new jobs are not heard; they are looked for');
      void own.end().catch(() => undefined);
      retry = setTimeout(connect, RECONNECT_MS);
    };
    own.on('notification', onWake);
    own.on('error', again);
    own.on('end', () => again());
    await own
      .connect()
      .then(() => own.query(`LISTEN ${CHANNEL}`))
      // What came meanwhile is there already.
      .then(onWake, again);
  };
  void connect();
  return {
    async stop() {
      stopped = true;
      if (retry) clearTimeout(retry);
      await client?.end().catch(() => undefined);
    },
  };
}
