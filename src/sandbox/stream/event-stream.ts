import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { eventOf, heartbeatOf, piecesOf, type Wire } from './wire.ts';

export type EventStream = {
  /** Sends one event, as a chunk of its own. A text is sent as it stands. After the end, or to nobody, nothing. */
  send(frame: object | string): Promise<void>;
  heartbeat(): Promise<void>;
  /** Closes the stream as a finished turn does. */
  end(): void;
  /** Destroys the socket. */
  cut(): void;
  /** The stream broke off, by whoever's doing. */
  isCut(): boolean;
  /** Resolves when it is closed, either way. */
  closed: Promise<void>;
};

/** Answers with an event stream, whose headers leave at once. */
export function openEventStream(reply: FastifyReply, wire: Wire): EventStream {
  reply.hijack();
  const out = reply.raw;
  out.on('error', () => undefined);
  // A client that left before the answer closes nothing any more.
  const closed = out.destroyed ? Promise.resolve() : new Promise<void>((resolve) => out.once('close', resolve));
  out.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', Connection: 'keep-alive' });
  out.flushHeaders();
  const write = async (text: string) => {
    for (const [at, piece] of piecesOf(text, wire).entries()) {
      // What is written within one turn of the event loop arrives in one.
      if (at > 0) await nextTurn();
      if (broken || out.destroyed || out.writableEnded) return;
      out.write(piece);
    }
  };
  let heartbeats = 0;
  let broken = false;
  return {
    send: (frame) => write(eventOf(frame, wire)),
    heartbeat() {
      heartbeats += 1;
      return write(heartbeatOf(heartbeats - 1, wire));
    },
    end() {
      if (!broken && !out.destroyed) out.end();
    },
    cut() {
      broken = true;
      // What was written before still has to leave; Node sends it with the next tick.
      setImmediate(() => out.destroy());
    },
    isCut: () => broken || (out.destroyed && !out.writableEnded),
    closed,
  };
}
