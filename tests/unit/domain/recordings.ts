import { readdirSync, readFileSync } from 'node:fs';
import { readSessionState } from '../../../src/lib/domain/session-state.ts';
import { emptyFold, foldPayload, type TurnFold } from '../../../src/lib/domain/stream/fold.ts';
import { createSseReader } from '../../../src/lib/nemo/sse.ts';

const folder = new URL('../../fixtures/transcripts/', import.meta.url);
const file = (name: string) => readFileSync(new URL(name, folder));
const state = (name: string) => readSessionState(JSON.parse(file(name).toString('utf8')));

function recording(name: string) {
  return {
    name,
    bytes: new Uint8Array(file(`${name}.sse`)),
    before: state(`${name}.state-before.json`),
    after: state(`${name}.state-after.json`),
  };
}

/** Every recorded run: its stream, and the state before and after. */
export const recordings = readdirSync(folder)
  .filter((name) => name.endsWith('.sse'))
  .map((name) => recording(name.slice(0, -'.sse'.length)));

export function recorded(name: string): ReturnType<typeof recording> {
  const found = recordings.find((one) => one.name === name);
  if (!found) throw new Error(`no recording ${name}`);
  return found;
}

/** The payloads that the reader finds in a stream that comes in these chunks. */
export function payloadsIn(chunks: Uint8Array[]): string[] {
  const payloads: string[] = [];
  const reader = createSseReader((payload) => payloads.push(payload));
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return payloads;
}

export function foldPayloads(payloads: string[]): TurnFold {
  const fold = emptyFold();
  for (const payload of payloads) foldPayload(fold, payload);
  return fold;
}

export const foldChunks = (chunks: Uint8Array[]): TurnFold => foldPayloads(payloadsIn(chunks));
