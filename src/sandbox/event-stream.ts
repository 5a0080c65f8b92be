import type { FastifyReply } from 'fastify';

/** The three forms in which signs of life occur (nemovideo-api.md, "POST /run_sse"). */
const HEARTBEATS = [': heartbeat\n\n', 'data:\n\n', 'data: {"type":"heartbeat"}\n\n'];

export type EventStream = {
  /** Sends one event, as a chunk of its own. After the end, or to nobody, nothing. */
  send(frame: object): void;
  heartbeat(): void;
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
export function openEventStream(reply: FastifyReply): EventStream {
  reply.hijack();
  const out = reply.raw;
  out.on('error', () => undefined);
  // A client that left before the answer closes nothing any more.
  const closed = out.destroyed ? Promise.resolve() : new Promise<void>((resolve) => out.once('close', resolve));
  out.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', Connection: 'keep-alive' });
  out.flushHeaders();
  const write = (text: string) => {
    if (!broken && !out.destroyed && !out.writableEnded) out.write(text);
  };
  let heartbeats = 0;
  let broken = false;
  return {
    send: (frame) => write(`data: ${JSON.stringify(frame)}\n\n`),
    heartbeat() {
      write(HEARTBEATS[heartbeats % HEARTBEATS.length] ?? '');
      heartbeats += 1;
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
