import { randomBytes, randomUUID } from 'node:crypto';
import type { Words } from '../stories/story.ts';
import { type Dialect, deathFrame, type Frame } from './dialect.ts';

type Event = Record<string, unknown>;

const FINISHED = {
  usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 34, totalTokenCount: 46 },
  finishReason: 'STOP',
};
const UNSPOKEN = {
  usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 0, totalTokenCount: 20 },
  finishReason: 'STOP',
};
const CHUNKS = 4;

/** Events as adk-js sends them (sse.md, section 2). `streaming`: each text in chunks first, and apart from calls. */
export function createAdkDialect(streaming: boolean): Dialect {
  const invocationId = `e-${randomUUID()}`;
  const event = (fields: Event, stateDelta: object = {}): Event => ({
    invocationId,
    author: 'nemo_agent',
    id: randomBytes(6).toString('base64url'),
    actions: { stateDelta, artifactDelta: {}, requestedAuthConfigs: {}, requestedToolConfirmations: {} },
    longRunningToolIds: [],
    timestamp: Date.now(),
    ...fields,
  });
  const model = (...parts: Event[]) => ({ content: { role: 'model', parts } });
  const whole = streaming ? { partial: false } : {};

  const piece = (part: Event) => event({ ...model(part), partial: true });

  function* spoken({ text, thought, chunks }: Words, fields: Event): Iterable<Frame> {
    const thoughts = thought === undefined ? [] : [{ text: thought, thought: true }];
    if (streaming) {
      yield* thoughts.map(piece);
      for (const chunk of chunks ?? chunksOf(text)) yield piece({ text: chunk });
    }
    yield event({ ...model(...thoughts, { text }), ...fields, ...whole });
  }

  return {
    say: (words) => spoken(words, FINISHED),
    *think(text) {
      if (streaming) yield piece({ text, thought: true });
      yield event({ ...model({ text, thought: true }), ...whole });
    },
    *begin(text) {
      if (streaming) for (const chunk of chunksOf(text).slice(0, CHUNKS / 2)) yield piece({ text: chunk });
    },
    *call({ id, name, args }, words) {
      const functionCall = { functionCall: { name, args, id } };
      if (streaming) {
        if (words !== undefined) yield* spoken({ text: words }, {});
        yield event({ ...model(functionCall), ...whole });
      } else {
        yield event({ ...model(...(words === undefined ? [] : [{ text: words }]), functionCall), ...FINISHED });
      }
    },
    *result({ id, name }, response, stateDelta) {
      const parts = [{ functionResponse: { id, name, response } }];
      yield event({ content: { role: 'user', parts } }, stateDelta);
      if (streaming) yield event({ ...FINISHED, ...whole });
    },
    *err(errorCode, errorMessage) {
      yield event({ errorCode, errorMessage });
    },
    *die(message, death) {
      if (death === 'system') yield event({ author: 'system', ...model({ text: `Error: ${message}` }) });
      else yield deathFrame(message, death);
    },
    *shrug(shape) {
      if (shape === 'usage') yield event({ ...UNSPOKEN, ...whole });
      if (shape === 'stop') yield event({ errorCode: 'STOP', ...UNSPOKEN });
      if (shape === 'no-content') yield event({ errorCode: 'MODEL_RETURNED_NO_CONTENT', ...UNSPOKEN });
      if (shape === 'empty') yield event({ ...model({ text: '' }), ...UNSPOKEN, ...whole });
    },
  };
}

/** The text in about four pieces, cut between words. */
function chunksOf(text: string): string[] {
  const words = text.match(/\s*\S+\s*/g) ?? [text];
  const size = Math.ceil(words.length / CHUNKS);
  return Array.from({ length: Math.ceil(words.length / size) }, (_, at) =>
    words.slice(at * size, (at + 1) * size).join(''),
  );
}
