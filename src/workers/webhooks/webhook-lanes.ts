import { monotonicMs } from '../../lib/clock.ts';
import type { DueMessage, Room } from '../../lib/db/webhook-claims.ts';
import { MAX_UNPROVEN_OF_TENANT, takeUnproven, unprovenRoom } from './unproven-room.ts';

/** Messages in the hands of this process at once, waiting or under way: with TLS some 80 KiB each. */
const MAX_HELD = 1_000;
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
/** Lanes that are remembered. */
const MAX_REMEMBERED = 1_000;
/** A message that could not begin for so long goes back, so that its lease covers what comes after. In ms. */
export const MAX_WAIT_MS = 10_000;

/** How a receiver took a POST. */
export type Reception = { ok: boolean; statusCode: number | null; durationMs: number };

type Waiting = { message: DueMessage; sinceMs: number };
type Lane = {
  /** Whose message it was given last; only origins of jobs' own URLs have more than one tenant. */
  tenantId: string;
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
 * that takes them quickly gets more at once, one that hangs gets one. Those that are not known to be quick share half of
 * the process, a tenant's a tenth: however many hang, the others go on, and so do new ones of other tenants.
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
  /** What was left when `room` was asked, and is since. */
  let unproven = unprovenRoom(lanes.values());
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
    // What waits for one that has become slow would keep places from those that are not.
    if (stopped || lane.window === SUSPECT_WINDOW || reception.durationMs >= QUICK_MS) giveBack(lane);
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
      unproven = unprovenRoom(lanes.values());
      const most = MAX_HELD - held;
      for (const lane of lanes.values()) lane.unused = roomIn(lane);
      return {
        most,
        unproven: Math.min(most, Math.max(0, unproven.left)),
        lanes: new Map([...lanes].map(([key, { unused, isQuick }]) => [key, { free: unused, quick: isQuick }])),
        perLane: FIRST_WINDOW,
        tenants: new Map([...unproven.tenants].map(([id, left]) => [id, Math.max(0, left)])),
        perTenant: MAX_UNPROVEN_OF_TENANT,
      };
    },
    hungry: () => [...hungry].some((lane) => roomIn(lane) > 0),
    add(message) {
      const key = message.lane_key;
      const lane = lanes.get(key) ?? newLane(message.tenant_id);
      lanes.set(key, lane);
      lane.tenantId = message.tenant_id;
      lane.waiting.push({ message, sinceMs: monotonicMs() });
      lane.unused -= 1;
      held += 1;
      const usedUp = !lane.isQuick && takeUnproven(unproven, message.tenant_id, 1);
      crowded ||= usedUp || held === MAX_HELD;
      pump(key, lane);
    },
    async stop() {
      stopped = true;
      for (const lane of lanes.values()) giveBack(lane);
      await Promise.all(underWay);
    },
  };
}

function newLane(tenantId: string): Lane {
  return { tenantId, underWay: 0, window: FIRST_WINDOW, isQuick: false, waiting: [], unused: FIRST_WINDOW };
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

/**
 * Forgets those that were idle for longest, of the kind that is more than half: many that hang do not make us forget who
 * is quick, which would then have to share their places.
 */
function forgetIdle(lanes: Map<string, Lane>): void {
  const quick = [...lanes.values()].filter(({ isQuick }) => isQuick).length;
  const mostAreQuick = quick * 2 > lanes.size;
  for (const [key, { isQuick, underWay, waiting }] of lanes) {
    if (lanes.size <= MAX_REMEMBERED) return;
    if (isQuick === mostAreQuick && underWay + waiting.length === 0) lanes.delete(key);
  }
}
