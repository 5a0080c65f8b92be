const SECONDS = /^\d+$/;
const HTTP_DATE = /^[A-Z][a-z]+, .+ GMT$/;

/**
 * How long a server asks us to wait, in ms from `nowMs`: `Retry-After` as whole seconds or as an HTTP date (RFC 9110,
 * 10.2.3). A date in the past is 0. Null when there is none or it is neither. Not capped.
 */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | null {
  const value = [header].flat()[0]?.trim() ?? '';
  if (SECONDS.test(value)) {
    const ms = Number(value) * 1000;
    return Number.isSafeInteger(ms) ? ms : null;
  }
  // Date.parse also takes "5.5" and "2020"; only what looks like a date may reach it.
  const at = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
