// A receiver in a process of its own, so that what it costs is not counted as ours. JavaScript, because Node itself
// loads it. /ok answers 204, /fail 500, /hang never; `t0` in the body is when the webhook was due (ms since 1970).
import { createServer } from 'node:http';

/** @type {{ due: number; ms: number }[]} */
let latencies = [];
let received = 0;

const server = createServer((request, response) => {
  const chunks = /** @type {Buffer[]} */ ([]);
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    received += 1;
    const at = Date.now();
    if (request.url?.startsWith('/hang')) return;
    const t0 = /"t0":"?(\d+)/.exec(Buffer.concat(chunks).toString('latin1'));
    if (t0) latencies.push({ due: Number(t0[1]), ms: at - Number(t0[1]) });
    response.writeHead(request.url?.startsWith('/fail') ? 500 : 204).end();
  });
});
server.listen(0, '0.0.0.0', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : null });
});
process.on('message', () => {
  process.send?.({ received, latencies });
  latencies = [];
  received = 0;
});
process.on('disconnect', () => process.exit(0));
