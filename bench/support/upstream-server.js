// A light NemoVideo in a process of its own: the sandbox plays stories, this one only answers fast, and streams to
// thousands at once. JavaScript, because Node itself loads it. TURN_MS: how long a turn takes; 0: until `finish`.
import { createServer } from 'node:http';
import { answerAsks } from './asks.js';

const TURN_MS = Number(process.env.TURN_MS ?? 0);
/** Of each turn. In ms. */
const EVENT_EVERY_MS = 1_000;
/** Streams take turns within the second, as they would in life. */
const SLOTS = 100;
/** How late a render was looked at, in ms: one counter each, and one for all that is later. */
const LATENESS = new Uint32Array(60_001);

/** @type {Set<import('node:http').ServerResponse>[]} */
const slots = Array.from({ length: SLOTS }, () => new Set());
/** @type {Map<string, number>} how often each message came */
const messages = new Map();
/** @type {Set<string>} sessions with a finished turn */
const done = new Set();
/** @type {Map<string, number>} when each render was looked at last */
const looks = new Map();
let looked = 0;
let open = 0;
/** Streams that their listener left before the end. */
let left = 0;
let isFinishing = false;
let lastSession = 0;

const segment = (/** @type {number} */ n) => ({
  id: `sg_${n}`,
  src: `https://cdn.example.test/clips/${n}.mp4`,
  st: n * 5_000,
  d: 5_000,
  m: { title: `Scene ${n}: boats leave the harbour at sunrise` },
});
const draft = {
  v: 3,
  d: 20_000,
  t: [
    { id: 'trk_v1', tt: 0, sg: [0, 1, 2, 3].map(segment) },
    { id: 'trk_a1', tt: 1, sg: [{ id: 'sg_m', src: 'https://cdn.example.test/bgm/lofi.mp3', st: 0, d: 20_000 }] },
  ],
};
const media = [
  { media_id: 'med_1', media_type: 'video', cdn_url: 'https://cdn.example.test/clips/0.mp4', duration: 5 },
];
const answer = (/** @type {unknown} */ data) => JSON.stringify({ code: 0, data });
const NEW_STATE = answer({ user_id: 'usr_1', state: { draft: {}, generated_media: [] } });
const DONE_STATE = answer({ user_id: 'usr_1', state: { draft, generated_media: media } });
const TOKEN = answer({ token: 'nemo_bench', user_id: 'usr_1', credits: 1_000_000 });
const CLAIM = answer({ claim_token: 'clm_bench', expires_in: 604_800 });
const CREDITS = answer({ available: 1_000_000, frozen: 0, total: 1_000_000 });
const RENDERING = JSON.stringify({ status: 'processing', progress: 40 });

const frame = (/** @type {string} */ text) =>
  `data: ${JSON.stringify({
    invocationId: 'e-6f1f0a7e-7b0e-4b7e-9f0a-3f1c2d4e5f60',
    author: 'nemo_agent',
    id: 'Bgrj8Ugb',
    actions: { stateDelta: {}, artifactDelta: {}, requestedAuthConfigs: {}, requestedToolConfirmations: {} },
    longRunningToolIds: [],
    timestamp: 1_795_229_515_380,
    content: { role: 'model', parts: [{ text }] },
  })}\n\n`;
const WORKING = frame('Still at it.');
const READY = frame('Your video is ready: four scenes with music.');

setInterval(tick, EVENT_EVERY_MS / SLOTS);
let slot = 0;
const began = performance.now();
function tick() {
  // As many slots as are due, however late the timer is.
  const due = Math.floor((performance.now() - began) / (EVENT_EVERY_MS / SLOTS));
  for (; slot < due; slot += 1) for (const response of slots[slot % SLOTS] ?? []) response.write(WORKING);
}

/** @type {Set<() => void>} ends each turn under way, whether or not anybody still listens */
const ends = new Set();
let lastSlot = 0;
function openStream(/** @type {string} */ sessionId, /** @type {import('node:http').ServerResponse} */ response) {
  lastSlot += 1;
  const own = slots[lastSlot % SLOTS];
  let isEnded = false;
  open += 1;
  own?.add(response);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.write(WORKING);
  const end = () => {
    isEnded = true;
    ends.delete(end);
    done.add(sessionId);
    response.end(READY);
  };
  ends.add(end);
  response.once('close', () => {
    own?.delete(response);
    open -= 1;
    if (!isEnded) left += 1;
  });
  if (TURN_MS > 0) setTimeout(end, TURN_MS);
  else if (isFinishing) end();
}

function readBody(/** @type {import('node:http').IncomingMessage} */ request) {
  return new Promise((resolve) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    request.on('end', () => resolve(body));
  });
}

function lookAt(/** @type {string} */ id) {
  const at = performance.now();
  const last = looks.get(id);
  looks.set(id, at);
  looked += 1;
  if (last === undefined) return;
  const late = Math.max(0, Math.round(at - last - interval));
  const bucket = Math.min(late, LATENESS.length - 1);
  LATENESS[bucket] = (LATENESS[bucket] ?? 0) + 1;
}
let interval = 0;

const server = createServer(async (request, response) => {
  const url = request.url ?? '';
  const json = (/** @type {string} */ text) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  };
  if (request.method === 'POST') {
    const body = await readBody(request);
    if (url === '/run_sse') {
      const { session_id, new_message } = JSON.parse(body);
      const text = new_message.parts[0].text;
      messages.set(text, (messages.get(text) ?? 0) + 1);
      return openStream(session_id, response);
    }
    if (url.startsWith('/api/tasks/')) {
      lastSession += 1;
      return json(answer({ task_id: `tsk_${lastSession}`, session_id: `nemo_${lastSession}`, user_id: 'usr_1' }));
    }
    if (url === '/api/auth/anonymous-token') return json(TOKEN);
    if (url === '/api/auth/claim-token') return json(CLAIM);
    if (url.startsWith('/api/render/')) return json('{"success":true,"data":{}}');
  }
  if (url === '/api/credits/balance/simple') return json(CREDITS);
  if (url.startsWith('/api/state/')) return json(done.has(url.split('/')[5] ?? '') ? DONE_STATE : NEW_STATE);
  if (url.startsWith('/api/render/')) {
    lookAt(url);
    return json(RENDERING);
  }
  response.writeHead(404).end();
});
server.keepAliveTimeout = 60_000;
server.listen({ port: 0, host: '127.0.0.1', backlog: 8_192 }, () => {
  const address = server.address();
  process.send?.({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` });
});

answerAsks({
  streams: () => ({ open, left }),
  /** Ends all turns under way and every later one at once; or lets the next ones run on. */
  finish({ finishing }) {
    isFinishing = finishing;
    if (finishing) for (const end of [...ends]) end();
  },
  /** What came since the last take: messages, how many of them more than once, streams that were left early. */
  take() {
    const counts = [...messages.values()];
    const taken = { messages: counts.length, twice: counts.filter((count) => count > 1).length, left };
    messages.clear();
    left = 0;
    return taken;
  },
  /** From now on renders are expected to be looked at every so many ms. */
  watchRenders({ everyMs }) {
    interval = everyMs;
    looks.clear();
    LATENESS.fill(0);
    looked = 0;
  },
  /** Looks since then, and how late they were. */
  looks: () => ({ looked, lateness: [...trimmed(LATENESS)] }),
});

function trimmed(/** @type {Uint32Array} */ counters) {
  return counters.subarray(0, counters.findLastIndex((count) => count > 0) + 1);
}
