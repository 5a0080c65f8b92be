// A closed loop over plain sockets, in a process of its own: every connection sends its next request when it has the
// answer to the last. Not a client library: what that costs would be measured instead of the server. JavaScript,
// because Node itself loads it.
import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * @typedef {{ port: number, path: string, headers: Record<string, string>, body: string, connections: number,
 *   requests: number, run: string }} Asked
 */

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** @param {Asked} asked */
async function load({ port, path, headers, body, connections, requests, run }) {
  const head = [`POST ${path} HTTP/1.1`, `host: 127.0.0.1:${port}`, 'content-type: application/json'];
  for (const [name, value] of Object.entries(headers)) head.push(`${name}: ${value}`);
  const before = `${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nidempotency-key: ${run}-`;
  const after = `\r\n\r\n${body}`;
  /** @type {Record<string, number>} */
  const statuses = {};
  const ids = new Set();
  /** @type {number[]} */
  const latencies = [];
  let sent = 0;

  /** @param {import('node:net').Socket} socket */
  const drive = (socket) =>
    new Promise((resolve, reject) => {
      let sentAt = 0;
      let answer = Buffer.alloc(0);
      const next = () => {
        if (sent === requests) return resolve(socket.destroy());
        sentAt = performance.now();
        socket.write(before + sent++ + after);
      };
      socket.on('error', reject);
      socket.on('end', () => reject(new Error('a connection was closed')));
      socket.on('data', (chunk) => {
        answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
        const end = answer.indexOf(END_OF_HEAD);
        if (end === -1) return;
        const text = answer.toString('latin1', 0, end);
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
        if (answer.length < end + END_OF_HEAD.length + length) return;
        latencies.push(performance.now() - sentAt);
        const status = text.slice(9, 12);
        statuses[status] = (statuses[status] ?? 0) + 1;
        ids.add(/"id":"([^"]+)"/.exec(answer.toString('latin1', end))?.[1]);
        answer = Buffer.alloc(0);
        next();
      });
      next();
    });

  const sockets = Array.from({ length: connections }, () => connect(port, '127.0.0.1').setNoDelay());
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const cpu = process.cpuUsage();
  const began = performance.now();
  await Promise.all(sockets.map(drive));
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, statuses, ids: ids.size, latencies, cpu: (user + system) / 1e6 / seconds };
}

process.on('message', async (asked) => process.send?.(await load(/** @type {Asked} */ (asked))));
process.on('disconnect', () => process.exit(0));
