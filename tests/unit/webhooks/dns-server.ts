import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { onTestFinished } from 'vitest';

const HEADER_BYTES = 12;
const TYPE_A = 1;
const TYPE_AAAA = 28;
const NO_SUCH_NAME = 3;

/**
 * A DNS server on this machine until the test is over. It knows these names and their addresses; a name with `null` is
 * never answered, any other does not exist.
 */
export async function startDnsServer(names: Record<string, string[] | null>) {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, type, end } = questionOf(query);
    asked.push(name);
    const known = names[name];
    if (known !== null) socket.send(answerTo(query.subarray(0, end), known, type), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => void socket.close());
  return {
    asked,
    /** A resolver that asks this server only. */
    newResolver(options: { timeout: number; tries: number } = { timeout: 1_000, tries: 3 }): Resolver {
      const resolver = new Resolver(options);
      resolver.setServers([`127.0.0.1:${socket.address().port}`]);
      return resolver;
    },
  };
}

/** RFC 1035, 4.1.2: labels with their lengths, the type, the class. */
function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function answerTo(question: Buffer, known: string[] | undefined, type: number): Buffer {
  const ips = (known ?? []).filter((ip) => type === (isIPv4(ip) ? TYPE_A : TYPE_AAAA));
  const header = Buffer.from(question);
  header.writeUInt16BE(0x8180 | (known === undefined ? NO_SUCH_NAME : 0), 2);
  header.writeUInt16BE(ips.length, 6);
  header.fill(0, 8, HEADER_BYTES);
  return Buffer.concat([header, ...ips.map((ip) => recordOf(type, bytesOf(ip)))]);
}

/** Its name is the one at the start of the question; it may be kept for no time at all. */
function recordOf(type: number, address: Buffer): Buffer {
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt16BE(address.length, 10);
  return Buffer.concat([record, address]);
}

/** IPv6 with all its eight groups. */
function bytesOf(ip: string): Buffer {
  if (isIPv4(ip)) return Buffer.from(ip.split('.').map(Number));
  return Buffer.from(
    ip
      .split(':')
      .map((group) => group.padStart(4, '0'))
      .join(''),
    'hex',
  );
}
