const SECONDS = /^\d+$/;
/** Nobody waits so long, and a date that far ahead can still be reckoned with. In ms. */
const LONGEST_MS = 30 * 24 * 3_600_000;
const HTTP_DATE = /^[A-Z][a-z]+, .+ GMT$/;

/**
 * How long a server asks us to wait, in ms from `nowMs`: `Retry-After` as whole seconds or as an HTTP date (RFC 9110,
 * 10.2.3). A date in the past is 0. Null when there is none or it is neither. At most 30 days.
 */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | null {
  const value = [header].flat()[0]?.trim() ?? '';
  if (SECONDS.test(value)) return Math.min(LONGEST_MS, Number(value) * 1000);
  // Date.parse also takes "5.5" and "2020"; only what looks like a date may reach it.
  const at = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : Math.min(LONGEST_MS, Math.max(0, at - nowMs));
}
