import { buildConnector, Client, type Dispatcher } from 'undici';
import { monotonicMs } from '../clock.ts';
import type { TurnEnd } from '../domain/job.ts';
import { type Heard, listen } from './listen.ts';
import { CONNECT_TIMEOUT_MS, callerHeaders, type Identity } from './transport.ts';

export type TurnRequest = {
  baseUrl: string;
  who: Identity;
  sessionId: string;
  text: string;
  /** On `monotonicMs()`: a socket that opens later than this is closed again without a byte (SEND_WINDOW). */
  openBefore: number;
  /** Nothing but heartbeats, or nothing at all, for so long ends the turn. In ms. */
  idleMs: number;
  /** The whole turn, in ms. */
  totalMs: number;
  signal: AbortSignal;
  /** One call a payload; true when it was more than a heartbeat. */
  onPayload(payload: string): boolean;
};

export type TurnEnding =
  /** No byte has left this machine. */
  | { kind: 'not_sent'; cause: Error }
  /** `answered`: and not with a stream. Whether the message was taken is for the policy to say. */
  | Heard
  | { kind: TurnEnd };

/**
 * Sends one message over a socket of its own and reads the stream to its end (sse.md; architecture.md, money rule 2). Never throws for
 * what the network does, and never sends twice: the client has one connection, no keep-alive, no HTTP/2 and no retry.
 */
export async function runTurn(turn: TurnRequest): Promise<TurnEnding> {
  const gate = sendGate(turn.openBefore);
  let client: Client;
  try {
    client = openClient(turn.baseUrl, gate.connect);
  } catch (error) {
    return notSent(error);
  }
  const watch = watchTurn(turn, () => void client.destroy(GIVEN_UP));
  try {
    return await listen(client, messageOf(turn), (payload) => {
      if (turn.onPayload(payload)) watch.alive();
    });
  } catch (error) {
    if (!gate.opened()) return notSent(error);
    return { kind: watch.timedOut() ?? 'lost' };
  } finally {
    watch.stop();
    await client.destroy(GIVEN_UP);
  }
}

/** A client of one connection, which only `connect` opens. Throws for a URL that is none. */
function openClient(baseUrl: string, connect: buildConnector.connector): Client {
  // The origin alone: a client refuses a URL with a path, which goes with the request.
  return new Client(new URL(baseUrl).origin, {
    pipelining: 0,
    allowH2: false,
    connect,
    // Silence of minutes is normal while a tool runs: the watch decides, not the transport.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function notSent(error: unknown): TurnEnding {
  return { kind: 'not_sent', cause: error instanceof Error ? error : new Error(String(error)) };
}

function messageOf({ baseUrl, who, sessionId, text }: TurnRequest): Dispatcher.DispatchOptions {
  const message = {
    app_name: 'nemo_agent',
    user_id: 'me',
    session_id: sessionId,
    new_message: { parts: [{ text }] },
  };
  return {
    method: 'POST',
    path: `${new URL(baseUrl).pathname.replace(/\/$/, '')}/run_sse`,
    headers: { ...callerHeaders(who), accept: 'text/event-stream', 'content-type': 'application/json' },
    // Undici keeps it with the request. Made of a text, it would lie in a pool of 8 KB and keep all of that.
    body: new TextEncoder().encode(JSON.stringify(message)),
  };
}

/** One for all: a worker that stops gives up thousands, and making an error costs more than ending its stream. */
const GIVEN_UP = new Error('the turn is given up');

/** Shared by all turns for what it remembers of TLS sessions; every call connects a socket of its own. */
const connectSocket = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false });

/**
 * The one place where a message can get out: it lets a socket through only while the send window is open, and knows
 * whether it ever did. Until then undici has written nothing, so `opened() === false` proves that nothing was sent.
 */
function sendGate(openBefore: number) {
  let opened = false;
  const connect: buildConnector.connector = (options, callback) => {
    connectSocket(options, (error, socket) => {
      if (error) return callback(error, null);
      if (monotonicMs() > openBefore) {
        socket.destroy();
        return callback(new Error('the send window has passed'), null);
      }
      opened = true;
      return callback(null, socket);
    });
  };
  return { connect, opened: () => opened };
}

/** Hangs up on a turn that is silent or takes too long, or that its worker gives up. */
function watchTurn(turn: Pick<TurnRequest, 'idleMs' | 'totalMs' | 'signal'>, hangUp: () => void) {
  let timedOut: 'idle_timeout' | 'total_timeout' | null = null;
  const end = (reason: typeof timedOut) => {
    timedOut ??= reason;
    hangUp();
  };
  const idle = setTimeout(end, turn.idleMs, 'idle_timeout');
  const total = setTimeout(end, turn.totalMs, 'total_timeout');
  const onAbort = () => end(null);
  turn.signal.addEventListener('abort', onAbort, { once: true });
  if (turn.signal.aborted) onAbort();
  return {
    alive: () => idle.refresh(),
    timedOut: () => timedOut,
    stop() {
      clearTimeout(idle);
      clearTimeout(total);
      turn.signal.removeEventListener('abort', onAbort);
    },
  };
}
