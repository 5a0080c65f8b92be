import type { Ending } from '../lib/commands/settle-job.ts';
import type { StoredToken } from '../lib/db/accounts.ts';
import { type Claimed, isPastDeadline, type News } from '../lib/db/claims.ts';
import type { JobChange } from '../lib/db/job-writes.ts';
import { nameAccountUser, type SessionPatch, type SessionRow, writeSession } from '../lib/db/sessions.ts';
import type { Write } from '../lib/db/write-together.ts';
import { breaksOff, type Interruption, obeysCancel } from '../lib/domain/interruption.ts';
import type { JobError, JobRecord, Lane, Phase, Progress, WaitingReason } from '../lib/domain/job.ts';
import type { Identity } from '../lib/nemo/transport.ts';
import type { Slots } from '../lib/slots.ts';
import type { PhaseDeps } from './deps.ts';
import type { Seen } from './look-at-render.ts';
import type { Before } from './phases/read-before.ts';

/** What a phase decides about the way on. Its own results are written before it returns. */
export type Step =
  | { kind: 'go'; phase: Phase }
  /** Leave, and come back to `phase` in `ms`. */
  | { kind: 'wait'; phase: Phase; reason: WaitingReason; ms: number; set?: JobChange['set'] }
  | ({ kind: 'succeed' } & Conclusion)
  /** Let go of, as its client asked for. */
  | { kind: 'cancel' }
  | ({ kind: 'fail'; error: JobError } & Conclusion);

/** What is written with the end of a job. */
type Conclusion = Omit<Ending, 'status'>;

/** The row is not ours any more: another worker claimed it, or it has ended. Nothing may be written or sent. */
export class JobLost extends Error {
  override readonly name = 'JobLost';
}

/** The step under way was broken off: the job is to be canceled, or its deadline has passed. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Looks in between belong to `wait`; everything that holds a conversation or starts one to `run`. */
export function laneOf(phase: Phase): Lane {
  return phase === 'reconcile' || phase === 'render' || phase === 'verify' ? 'wait' : 'run';
}

/**
 * What a job has again that has got through, or enters another phase: its tries and its remedies. A session is replaced
 * once: an upstream that knows none would have them replaced for ever.
 */
export function freshTries(job: JobRecord): Pick<JobRecord, 'failures' | 'failing_since' | 'remedies'> {
  const remedies = job.remedies.filter((remedy) => remedy === 'renew_session');
  return { failures: 0, failing_since: null, remedies };
}

/** One claimed job in the hands of this worker. */
export class Work {
  readonly deps: PhaseDeps;
  /** The row as this worker knows it; every write renews it. */
  job: JobRecord;
  /** The job holds it, so nobody else changes it; every write renews it. */
  session: SessionRow;
  /** As the claim has read it; null where it was not there yet, and once its token was taken. */
  account: StoredToken | null;
  /** Travels with the heartbeat. */
  progress: Progress;
  /** What was heard of its render just before it was claimed; whoever reads it takes it away. */
  seen: Seen | null;
  /** What is to be compared with after a message, read when its session was opened; whoever reads it takes it away. */
  before: Promise<Before> | null = null;
  #identity: Identity | null = null;
  /** The upstream's name for the account's user, as it is stored. */
  #userId: string | null = null;
  #abort = new AbortController();
  #news: News = { cancelRequested: false, deadlinePassed: false };

  #hangUp: NodeJS.Timeout | null = null;
  readonly #slots: Pick<Slots, 'leave'>;

  /** @param slots in one of which it is worked on. */
  constructor(deps: PhaseDeps, { job, session, account }: Claimed, slots: Pick<Slots, 'leave'>, seen: Seen | null) {
    this.deps = deps;
    this.job = job;
    this.session = session;
    this.account = account;
    this.progress = job.progress;
    this.#slots = slots;
    this.seen = seen;
  }

  /** Something that may take long and needs no database: other jobs go on in this one's slot meanwhile. */
  aside<T>(work: () => Promise<T>): Promise<T> {
    return this.#slots.leave(work);
  }

  /** Aborts when the worker stops, the job was lost, or the step under way is broken off. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  abort(reason: unknown): void {
    this.#abort.abort(reason);
  }

  /**
   * Called, maybe often, when the job turns out to be another's. Some upstreams cancel a run when its listener hangs up:
   * it is still listened to for a while.
   */
  lost(): void {
    const hangUp = () => this.abort(new JobLost(`${this.job.id} was taken over`));
    this.#hangUp ??= setTimeout(hangUp, this.deps.config.DRAIN_TIMEOUT);
  }

  /** Nothing works on it here any more. */
  close(): void {
    if (this.#hangUp) clearTimeout(this.#hangUp);
  }

  /** What a heartbeat brought: some steps are broken off for it, others come to their end first. */
  hear(news: News): void {
    this.#news = news;
    const why = this.#wanted();
    if (why && breaksOff(why, this.job)) this.abort(new Interrupted(`${this.job.id}: ${why}`));
  }

  /** Why the job has to end early, if it has to; then a step that was broken off for it is over, and calls work again. */
  async interruption(): Promise<Interruption | null> {
    this.#news.deadlinePassed ||= await isPastDeadline(this.deps.db.pool, this.job);
    const why = this.#wanted();
    if (why && this.signal.reason instanceof Interrupted) this.#abort = new AbortController();
    return why;
  }

  #wanted(): Interruption | null {
    if (this.#news.deadlinePassed) return 'deadline';
    const asked = this.#news.cancelRequested ? new Date() : this.job.cancel_requested_at;
    return obeysCancel({ ...this.job, cancel_requested_at: asked }) ? 'cancel' : null;
  }

  /**
   * Changes the row, fenced; the progress goes along. What the commit before a message or the end of the job does not
   * take to the disk may be lost with the database server: then the job goes on from before it. Throws JobLost.
   */
  async write(change: Write['change']): Promise<void> {
    const set = { progress: this.progress, ...change.set };
    this.accept(await this.deps.shared.write({ job: this.job, change: { ...change, set, mayBeLost: true } }));
  }

  /** Changes the job's session, fenced like the job. Throws JobLost. */
  async writeSession(patch: SessionPatch): Promise<void> {
    if (!(await writeSession(this.deps.db.pool, this.job, patch))) throw new JobLost(`${this.job.id} lost its session`);
    this.session = { ...this.session, ...patch };
  }

  /**
   * Takes over what a command wrote; null means that the row was lost. Throws JobLost.
   * @param session what it changed of the session.
   */
  accept(written: JobRecord | null, session: Pick<SessionPatch, 'state'> = {}): void {
    if (!written) throw new JobLost(`${this.job.id} was lost in epoch ${this.job.epoch}`);
    this.job = written;
    this.session = { ...this.session, ...session };
  }

  /**
   * Marks the beginning of a phase where clients can see it, once, and sets what is known with it; remedies and failures
   * of the one before are forgotten.
   */
  async enter(phase: Phase, set: JobChange['set'] = {}): Promise<void> {
    if (this.job.phase === phase && this.job.status === 'running') {
      if (Object.keys(set).length > 0) await this.write({ set });
      return;
    }
    const fresh = this.job.phase === phase ? {} : freshTries(this.job);
    await this.write({
      set: { phase, status: 'running', waiting_reason: null, ...fresh, ...set },
      event: this.job.phase === null ? 'job.started' : 'job.phase',
    });
  }

  report(message: string): void {
    this.progress = { ...this.progress, message };
  }

  /** Who speaks to the upstream for this job: the token of the session's account, and the skill. */
  async identity(accountId: string): Promise<Identity> {
    const skill = this.skill();
    if (this.#identity) return this.#identity;
    const account = this.account?.account_id === accountId ? this.account : accountId;
    this.account = null;
    const { token, userId } = await this.deps.accounts.token(account, skill);
    this.#userId = userId;
    this.#identity = { token, skill };
    return this.#identity;
  }

  /** Remembers the upstream's name for the account's user, where it is new. Comes after `identity`. */
  async nameUser(accountId: string, userId: string | null): Promise<void> {
    if (userId === null || userId === this.#userId) return;
    await nameAccountUser(this.deps.db.pool, accountId, userId);
    this.#userId = userId;
  }

  /** The upstream refused the token: another one where that is possible. Throws TokenRefused or UpstreamError. */
  async renewIdentity(accountId: string): Promise<void> {
    const refused = this.#identity?.token;
    const skill = this.skill();
    this.#identity = { token: (await this.deps.accounts.token(accountId, skill, refused)).token, skill };
  }

  skill() {
    const skill = this.deps.skills.get(this.job.skill);
    if (!skill) throw new Error(`skill ${this.job.skill} is not served any more`);
    return skill;
  }
}
