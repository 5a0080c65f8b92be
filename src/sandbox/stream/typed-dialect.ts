import { type Dialect, deathFrame } from './dialect.ts';

/** The early documents' events (nemovideo-api.md, "Two event dialects", 2). They tell nothing of the state. */
export const typedDialect: Dialect = {
  *say({ text }) {
    yield { type: 'text', content: text };
  },
  // It knows neither thoughts nor pieces of a text.
  think: () => [],
  begin: () => [],
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
  *die(message, death) {
    yield death === 'frame' || death === 'system' ? { type: 'error', error: message } : deathFrame(message, death);
  },
  *shrug(shape) {
    if (shape === 'empty') yield { type: 'text', content: '' };
  },
};
