import type { Dialect } from './dialect.ts';

/** The early documents' events (nemovideo-api.md, "Two event dialects", 2). They tell nothing of the state. */
export const typedDialect: Dialect = {
  *say(text) {
    yield { type: 'text', content: text };
  },
  *call({ name, args }, words) {
    if (words !== undefined) yield { type: 'text', content: words };
    yield { type: 'tool_call', name, args };
  },
  *result({ name }, response) {
    yield { type: 'tool_result', name, result: response };
  },
  *err(code, message) {
    yield { type: 'error', message: `${code}: ${message}` };
  },
  *die(message) {
    yield { type: 'error', error: message };
  },
  *shrug(shape) {
    if (shape === 'empty') yield { type: 'text', content: '' };
  },
};
