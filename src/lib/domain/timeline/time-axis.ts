export type Tick = { ms: number; label: string };

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** What people count time in. In ms. */
const STEPS = [
  ...[100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 6, 12].map((hours) => hours * HOUR),
];

/** The marks of an axis of so many ms, at most `most` of them: round times, from 0 on. */
export function timeAxis(durationMs: number, most: number): Tick[] {
  let step = STEPS.find((ms) => durationMs / ms < most) ?? 24 * HOUR;
  while (durationMs / step >= most) step *= 2;
  const marks = Math.floor(durationMs / step) + 1;
  return Array.from({ length: marks }, (_, at) => ({ ms: at * step, label: clockTime(at * step, durationMs) }));
}

/** `1.5s`, `12s`, `1:05`, `1:00:00`; in the form of a time as long as `scaleMs`, so that those of an axis are alike. */
export function clockTime(ms: number, scaleMs = ms): string {
  if (scaleMs < MINUTE) return `${Number((ms / SECOND).toFixed(1))}s`;
  const seconds = Math.round(ms / SECOND);
  const [s, m, h] = [seconds % 60, Math.floor(seconds / 60) % 60, Math.floor(seconds / 3600)];
  return scaleMs < HOUR ? `${h * 60 + m}:${two(s)}` : `${h}:${two(m)}:${two(s)}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
