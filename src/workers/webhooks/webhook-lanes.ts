import { monotonicMs } from '../../lib/clock.ts';
import type { DueMessage, Room } from '../../lib/db/webhook-messages.ts';

/** Messages in the hands of this process at once, waiting or under way: with TLS some 80 KiB each. */
const MAX_HELD = 1_000;
/** Of these, POSTs to receivers that did not answer last time: the healthy ones always have the rest. */
const MAX_SUSPECT = 500;
/** POSTs at once to a receiver that we know nothing of. */
const FIRST_WINDOW = 2;
/** To one that answers, but slowly, or refuses. */
const SLOW_WINDOW = 4;
/** The most that a receiver can earn by taking webhooks quickly. */
export const MAX_WINDOW = 20;
/**
 * POSTs under way to quick receivers from which on none of them earns more: the process has enough to do, and a hundred
 * receivers with ten connections each would cost it a fifth more a POST than with two.
 */
const BUSY = 100;
/** To a receiver that did not answer: one at a time, until it does. */
const SUSPECT_WINDOW = 1;
/**
 * So many times its window may be claimed for a receiver that was quick last time, so that it never waits for a claim.
 * More is claimed when half of it is gone: a claim of a hundred costs little more than one of ten.
 */
const AHEAD = 12;
/** What takes longer to answer earns nothing. In ms. */
const QUICK_MS = 2_000;
/** Lanes that are remembered; beyond, those that were idle for longest are forgotten. */
const MAX_REMEMBERED = 500;
/** A message that could not begin for so long goes back, so that its lease covers what comes after. In ms. */
export const MAX_WAIT_MS = 10_000;

/** How a receiver took a POST. */
export type Reception = { ok: boolean; statusCode: number | null; durationMs: number };

type Waiting = { message: DueMessage; sinceMs: number };
type Lane = {
  underWay: number;
  window: number;
  /** It took the last POST quickly. */
  isQuick: boolean;
  waiting: Waiting[];
  /** How many more the last claim might have brought: while there are some, nothing more was due. */
  unused: number;
};

export type Lanes = {
  /** What may be claimed now. */
  room(): Room;
  /** Whether a lane that may have more got room for it since `room` was asked, and still has it. */
  hungry(): boolean;
  /** Takes a claimed message: it is sent as soon as its lane lets it. */
  add(message: DueMessage): void;
  /** Begins nothing more, gives back what waits and resolves when what is under way has ended. */
  stop(): Promise<void>;
};

/**
 * How many POSTs each lane (an endpoint, or the origin of a job's own URL) may have under way in this process. A lane
 * that takes them quickly gets more at once, one that hangs gets one: however many hang, the others go on.
 *
 * @param work.send Never rejects.
 * @param work.hasRoom Is told when a lane that may have more has got room for it.
 * @param work.giveBack Takes messages that were claimed and not begun.
 */
export function createLanes(work: {
  send(message: DueMessage): Promise<Reception>;
  hasRoom(): void;
  giveBack(messages: DueMessage[]): void;
}): Lanes {
  const lanes = new Map<string, Lane>();
  const hungry = new Set<Lane>();
  const underWay = new Set<Promise<void>>();
  let held = 0;
  let underWayToQuick = 0;
  /** There was no room for what the last claim might have brought besides. */
  let crowded = false;
  let stopped = false;

  const giveBack = (lane: Lane) => {
    const back = lane.waiting.splice(0).map(({ message }) => message);
    held -= back.length;
    if (back.length > 0) work.giveBack(back);
  };
  const pump = (key: string, lane: Lane) => {
    while (lane.underWay < Math.floor(lane.window)) {
      const next = lane.waiting.shift();
      if (!next) return;
      if (monotonicMs() - next.sinceMs > MAX_WAIT_MS) {
        lane.waiting.unshift(next);
        return giveBack(lane);
      }
      lane.underWay += 1;
      const countsAsQuick = lane.isQuick ? 1 : 0;
      underWayToQuick += countsAsQuick;
      const sending = work.send(next.message).then((reception) => {
        underWay.delete(sending);
        underWayToQuick -= countsAsQuick;
        leave(key, lane, reception);
      });
      underWay.add(sending);
    }
  };
  const leave = (key: string, lane: Lane, reception: Reception) => {
    lane.underWay -= 1;
    held -= 1;
    lane.isQuick = reception.ok && reception.durationMs < QUICK_MS;
    lane.window = nextWindow(lane, reception, underWayToQuick >= BUSY);
    // To the end of the line: the suspects take turns, and who was idle for longest comes first.
    lanes.delete(key);
    lanes.set(key, lane);
    if (stopped || isSuspect(lane)) giveBack(lane);
    else pump(key, lane);
    if (lanes.size > MAX_REMEMBERED) forgetIdle(lanes);
    if (roomIn(lane) === 0 || (lane.unused > 0 && !crowded)) return;
    hungry.add(lane);
    work.hasRoom();
  };

  return {
    room() {
      hungry.clear();
      crowded = false;
      const suspects = [...lanes.values()].filter(isSuspect).reduce((sum, lane) => sum + lane.underWay, 0);
      let forSuspects = MAX_SUSPECT - suspects;
      const free = [...lanes].map(([key, lane]): [string, number] => {
        lane.unused = roomIn(lane);
        if (isSuspect(lane)) {
          lane.unused = Math.max(0, Math.min(lane.unused, forSuspects));
          forSuspects -= lane.unused;
        }
        return [key, lane.unused];
      });
      return { most: MAX_HELD - held, perLane: FIRST_WINDOW, lanes: new Map(free) };
    },
    hungry: () => [...hungry].some((lane) => roomIn(lane) > 0),
    add(message) {
      const key = message.lane_key;
      const lane = lanes.get(key) ?? newLane();
      lanes.set(key, lane);
      lane.waiting.push({ message, sinceMs: monotonicMs() });
      lane.unused -= 1;
      held += 1;
      crowded ||= held === MAX_HELD;
      pump(key, lane);
    },
    async stop() {
      stopped = true;
      for (const lane of lanes.values()) giveBack(lane);
      await Promise.all(underWay);
    },
  };
}

function newLane(): Lane {
  return { underWay: 0, window: FIRST_WINDOW, isQuick: false, waiting: [], unused: FIRST_WINDOW };
}

/** Only who is quick gets more than can begin at once. 0 while more than half of it is there. */
function roomIn({ window, isQuick, underWay, waiting }: Lane): number {
  const most = Math.floor(window) * (isQuick ? AHEAD : 1);
  const free = most - underWay - waiting.length;
  return free * 2 >= most ? free : 0;
}

/** One more for every full window that was taken quickly, unless the process is busy. */
function nextWindow({ window, isQuick }: Lane, { statusCode }: Reception, busy: boolean): number {
  if (statusCode === null) return SUSPECT_WINDOW;
  if (!isQuick) return SLOW_WINDOW;
  return Math.max(FIRST_WINDOW, busy ? window : Math.min(MAX_WINDOW, window + 1 / window));
}

function isSuspect(lane: Lane): boolean {
  return lane.window === SUSPECT_WINDOW;
}

function forgetIdle(lanes: Map<string, Lane>): void {
  for (const [key, { underWay, waiting }] of lanes) {
    if (lanes.size <= MAX_REMEMBERED) return;
    if (underWay + waiting.length === 0) lanes.delete(key);
  }
}
