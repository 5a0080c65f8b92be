// The least that can listen to thousands of conversations: undici, a parser, JSON.parse. JavaScript, because Node itself
// loads it.
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'undici';
import { answerAsks } from './asks.js';

const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
let events = 0;
let ended = 0;

async function converse(/** @type {string} */ upstream, /** @type {string} */ text) {
  const response = await request(`${upstream}/run_sse`, {
    method: 'POST',
    dispatcher,
    headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
    body: JSON.stringify({
      app_name: 'nemo_agent',
      user_id: 'me',
      session_id: text,
      new_message: { parts: [{ text }] },
    }),
  });
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent(event) {
      JSON.parse(event.data);
      events += 1;
    },
  });
  for await (const chunk of response.body) parser.feed(decoder.decode(chunk, { stream: true }));
  ended += 1;
}

answerAsks({
  open({ upstream, count, name }) {
    for (let n = 0; n < count; n += 1) void converse(upstream, `${name} ${n}`);
  },
  ended: () => ({ ended, events }),
});
process.send?.({});
