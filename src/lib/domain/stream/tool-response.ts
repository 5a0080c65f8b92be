import { objectIn, textIn } from '../loose-value.ts';

const FAILED = new Set(['error', 'failed', 'failure']);

/** Whether a tool's answer says that it failed: failures are ordinary data (sse.md, trap 10). */
export function isFailedResponse(response: unknown): boolean {
  const body = objectIn(response);
  if (body === null) return false;
  if (body.success === false) return true;
  if (FAILED.has(textIn(body.status)?.toLowerCase() ?? '')) return true;
  return body.error !== undefined && body.error !== null && body.error !== false && body.error !== '';
}
