import { readTestOnly } from './test-only.ts';

/**
 * Where the chaos suite may end or freeze a process: before and after every commit and every upstream call that changes
 * something. Each name is used in one place.
 */
export const FAULT_POINTS = [
  'submit.received',
  'submit.committed',
  'cancel.committed',
  'dispatch.marked',
  'dispatch.added',
  'claim.committed',
  'token.asking',
  'token.issued',
  'session.opening',
  'session.opened',
  'session.written',
  'upload.planned',
  'upload.sending',
  'upload.answered',
  'upload.recorded',
  'turn.prepared',
  'turn.sending',
  'turn.streaming',
  'turn.ended',
  'turn.withdrawn',
  'turn.closed',
  'turn.concluded',
  'reconcile.read',
  'render.planned',
  'render.submitting',
  'render.answered',
  'render.submitted',
  'render.completed',
  'render.dropping',
  'render.dropped',
  'output.copied',
  'park.written',
  'park.repeated',
  'park.delayed',
  'settle.committed',
  'transaction.committing',
  'transaction.committed',
  'job.writing',
  'job.written',
  'overdue.unmarked',
  'delivery.claimed',
  'delivery.sent',
  'delivery.recorded',
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

const SIGNALS = { kill: 'SIGKILL', stop: 'SIGSTOP' } as const;

type Fault = { signal: 'SIGKILL' | 'SIGSTOP'; point: FaultPoint; passage: number };

/** `kill:turn.sending:2`: SIGKILL at the second passage of that point. Throws an Error for anything else. */
function parseFault(text: string): Fault {
  const [, kind, name, passage] = /^(kill|stop):([a-z.]+):([1-9]\d*)$/.exec(text) ?? [];
  const point = FAULT_POINTS.find((known) => known === name);
  if (!point) throw new Error(`no fault point: ${text}`);
  return { signal: SIGNALS[kind as keyof typeof SIGNALS], point, passage: Number(passage) };
}

const text = readTestOnly('TEST_FAULT_POINT');
const fault = text === undefined ? null : parseFault(text);
let passages = 0;

/** Ends or freezes this process here, when a test has asked for it; does nothing anywhere else. */
export function faultPoint(point: FaultPoint): void {
  if (fault?.point !== point) return;
  passages += 1;
  if (passages === fault.passage) process.kill(process.pid, fault.signal);
}
