import { type LooseObject, listIn, objectIn, textIn } from '../loose-value.ts';
import { type AgentError, blankFrame, type Frame } from './frame.ts';
import { isFailedResponse } from './tool-response.ts';

/** Codes that say "the model said nothing", which is how a silent edit ends (sse.md, trap 7). */
const SILENT_CODES = new Set(['STOP', 'MODEL_RETURNED_NO_CONTENT']);

/** Reads an event of Google's Agent Development Kit (sse.md, section 2), in camelCase or snake_case. */
export function readAdkFrame(event: LooseObject): Frame {
  const frame = blankFrame(textIn(event.author) ?? '');
  frame.partial = event.partial === true;
  const content = objectIn(event.content);
  for (const part of listIn(content?.parts)) readPart(frame, objectIn(part) ?? {});
  if (typeof event.content === 'string') frame.text = event.content;
  // The user's own words may be echoed; they are no answer.
  if (frame.author === 'user') frame.text = '';

  const actions = objectIn(event.actions);
  const delta = objectIn(actions?.stateDelta ?? actions?.state_delta);
  frame.stateTouched = delta !== null && ('draft' in delta || 'generated_media' in delta);

  const error = readError(event);
  if (error && SILENT_CODES.has(error.code)) frame.silent = true;
  else frame.error = error;
  return frame;
}

function readPart(frame: Frame, part: LooseObject): void {
  if (typeof part.text === 'string' && part.thought !== true) frame.text += part.text;
  const call = objectIn(part.functionCall ?? part.function_call);
  if (call) frame.calls.push({ id: textIn(call.id), name: textIn(call.name) ?? 'tool' });
  const answer = objectIn(part.functionResponse ?? part.function_response);
  if (answer) frame.responses.push({ name: textIn(answer.name), failed: isFailedResponse(answer.response) });
}

function readError(event: LooseObject): AgentError | null {
  const code = event.errorCode ?? event.error_code;
  const message = textIn(event.errorMessage, event.error_message);
  const named = typeof code === 'number' ? String(code) : textIn(code);
  if (named === null && message === null) return null;
  return { code: named ?? 'UNKNOWN_ERROR', message: message ?? '' };
}
