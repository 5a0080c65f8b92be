import { readFileSync } from 'node:fs';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The same two levels up from src/sandbox and from dist/sandbox. */
const CLIP = readFileSync(new URL('../../assets/sandbox-clip.mp4', import.meta.url));

/** The file that every render results in: bytes, and seconds. */
export const CLIP_BYTES = CLIP.length;
export const CLIP_SECONDS = 2;

/** Sends the film, or the part of it that `Range` asks for (RFC 9110, 14: one range; others are ignored). */
export function sendClip(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header('accept-ranges', 'bytes').type('video/mp4');
  const range = readRange(request.headers.range, CLIP_BYTES);
  if (range === null) return reply.send(CLIP);
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${CLIP_BYTES}`).send('');
  const { first, last } = range;
  reply.code(206).header('content-range', `bytes ${first}-${last}/${CLIP_BYTES}`);
  return reply.send(CLIP.subarray(first, last + 1));
}

function readRange(header: string | undefined, size: number): { first: number; last: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [, from = '', to = ''] = match ?? [];
  if (!match || (from === '' && to === '')) return null;
  if (from === '')
    return Number(to) === 0 ? 'unsatisfiable' : { first: Math.max(0, size - Number(to)), last: size - 1 };
  if (to !== '' && Number(to) < Number(from)) return null;
  if (Number(from) >= size) return 'unsatisfiable';
  return { first: Number(from), last: to === '' ? size - 1 : Math.min(Number(to), size - 1) };
}
