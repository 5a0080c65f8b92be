import { type LooseObject, objectIn, textIn } from '../loose-value.ts';
import { blankFrame, type Frame } from './frame.ts';
import { isFailedResponse } from './tool-response.ts';

const HEARTBEATS = new Set(['heartbeat', 'ping', 'keepalive', 'keep_alive']);

/**
 * Reads an event of the early, typed dialect (nemovideo-api.md, POST /run_sse). Each `text` is a whole message
 * unless it says `partial`: the documents know no deltas in this dialect.
 */
export function readTypedFrame(event: LooseObject): Frame | 'heartbeat' {
  const type = textIn(event.type)?.toLowerCase() ?? '';
  if (HEARTBEATS.has(type)) return 'heartbeat';
  const frame = blankFrame('');
  const name = textIn(event.name);
  if (type === 'text') {
    frame.text = typeof event.content === 'string' ? event.content : (textIn(event.text) ?? '');
    frame.partial = event.partial === true;
  } else if (type === 'tool_call') {
    frame.calls.push({ id: textIn(event.id, event.tool_call_id), name: name ?? 'tool' });
  } else if (type === 'tool_result') {
    frame.responses.push({ name, failed: isFailedResponse(event.result) || isFailedResponse(event) });
  } else if (type === 'error') {
    const error = objectIn(event.error);
    const code = textIn(event.code, error?.code) ?? 'error';
    frame.error = { code, message: textIn(event.message, event.error, error?.message) ?? '' };
  }
  return frame;
}
