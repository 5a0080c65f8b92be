import { type Clock, createClock } from './clock.ts';
import { createFaults, type Faults } from './faults.ts';
import { createIdentities, type Identities, type User } from './identities.ts';
import { createLog, type Log } from './log.ts';
import type { SandboxOptions } from './options.ts';
import { sessionNotFound } from './refusal.ts';
import type { Render } from './renders.ts';
import { newSession, type Session } from './session.ts';
import { createStandingStory, type StandingStory } from './stories/standing-story.ts';
import type { EventStream } from './stream/event-stream.ts';

/** All that one sandbox knows. A reset is a new world. */
export type World = {
  options: SandboxOptions;
  clock: Clock;
  identities: Identities;
  sessions: Sessions;
  renders: Map<string, Render>;
  streams: Set<EventStream>;
  standing: StandingStory;
  faults: Faults;
  log: Log;
  /** Texts that have been refused by stories that refuse each once. */
  refused: Set<string>;
  stop(): void;
};

export function createWorld(options: SandboxOptions): World {
  const clock = createClock(options.speed);
  const streams = new Set<EventStream>();
  return {
    options,
    clock,
    identities: createIdentities(options),
    sessions: createSessions(),
    renders: new Map(),
    streams,
    standing: createStandingStory(),
    faults: createFaults(),
    log: createLog(),
    refused: new Set(),
    stop() {
      clock.stop();
      for (const stream of streams) stream.cut();
    },
  };
}

type Sessions = ReturnType<typeof createSessions>;

function createSessions() {
  const byId = new Map<string, Session>();
  // Ids of an earlier process must not mean anything in this one.
  let lastId = Date.now() * 1000;
  return {
    open(userId: string, taskName: string): Session {
      lastId += 1;
      const session = newSession({ id: String(lastId), taskId: `task_${lastId}`, taskName, userId });
      byId.set(session.id, session);
      return session;
    },
    /** Throws a Refusal with code 1002 when the user has no such session. */
    find(user: User, id: string): Session {
      const session = byId.get(id);
      if (session?.userId !== user.id) throw sessionNotFound(id);
      return session;
    },
    forget(id: string): void {
      byId.delete(id);
    },
  };
}
