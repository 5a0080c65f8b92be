import type { Room } from '../lib/db/webhook-messages.ts';

/** POSTs under way at once in this process: with TLS some 80 KiB each. */
const MAX_UNDER_WAY = 1_000;
/** Of these, at most so many to receivers that did not answer last time: the healthy ones always have the rest. */
const MAX_SUSPECT = 500;
/** POSTs at once to a receiver that we know nothing of, or that is slow. */
const FIRST_WINDOW = 5;
/** The most that a receiver can earn, one by one, by answering quickly. */
export const MAX_WINDOW = 50;
/** To a receiver that did not answer: one at a time, until it does. */
const SUSPECT_WINDOW = 1;
/** What takes longer to answer earns nothing. In ms. */
const QUICK_MS = 1_000;
/** Lanes that are remembered while nothing is under way to them; beyond, all such are forgotten. */
const MAX_REMEMBERED = 10_000;

type Lane = { underWay: number; window: number };

export type Lanes = {
  /** What may be claimed now. */
  room(): Room;
  /** A POST begins. */
  enter(key: string): void;
  /** A POST has ended; `answerMs` is null when no answer came. */
  leave(key: string, answerMs: number | null): void;
};

/**
 * How many POSTs each lane (an endpoint, or the origin of a job's own URL) may have under way in this process. A lane
 * that answers may have more and more, one that hangs has one: however many hang, the others go on.
 */
export function createLanes(): Lanes {
  const lanes = new Map<string, Lane>();
  let underWay = 0;

  return {
    room() {
      const active = [...lanes].filter(([, lane]) => lane.underWay > 0 || isSuspect(lane));
      const suspectsUnderWay = active.reduce((sum, [, lane]) => sum + (isSuspect(lane) ? lane.underWay : 0), 0);
      let forSuspects = MAX_SUSPECT - suspectsUnderWay;
      const free = active.map(([key, lane]): [string, number] => {
        const own = Math.max(0, lane.window - lane.underWay);
        if (!isSuspect(lane)) return [key, own];
        const granted = Math.max(0, Math.min(own, forSuspects));
        forSuspects -= granted;
        return [key, granted];
      });
      return { most: MAX_UNDER_WAY - underWay, perLane: FIRST_WINDOW, lanes: new Map(free) };
    },
    enter(key) {
      const lane = lanes.get(key) ?? { underWay: 0, window: FIRST_WINDOW };
      lane.underWay += 1;
      underWay += 1;
      lanes.set(key, lane);
    },
    leave(key, answerMs) {
      const lane = lanes.get(key);
      if (!lane) return;
      lane.underWay -= 1;
      underWay -= 1;
      lane.window = nextWindow(lane.window, answerMs);
      // To the end of the line: the suspects take turns.
      lanes.delete(key);
      lanes.set(key, lane);
      if (lanes.size > MAX_REMEMBERED)
        for (const [other, { underWay }] of lanes) if (underWay === 0) lanes.delete(other);
    },
  };
}

function nextWindow(window: number, answerMs: number | null): number {
  if (answerMs === null) return SUSPECT_WINDOW;
  return answerMs < QUICK_MS ? Math.min(MAX_WINDOW, Math.max(FIRST_WINDOW, window + 1)) : FIRST_WINDOW;
}

function isSuspect(lane: Lane): boolean {
  return lane.window === SUSPECT_WINDOW;
}
