import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { SHORT } from './settings.ts';

/** One line of a result: what was measured, in rounds. */
export type Figure = { name: string; unit: string; rounds: number[]; aim?: string };

/** The middle of some numbers; of two in the middle, the lower one. */
export function median(numbers: readonly number[]): number {
  return percentile(numbers, 50);
}

/** The smallest number that at least `percent` % of them do not exceed; NaN for none. */
export function percentile(numbers: readonly number[], percent: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** Prints a table and writes bench/results/<name>.json, with all that the figures depend on; not in the short form. */
export async function report(name: string, settings: Record<string, unknown>, figures: readonly Figure[]) {
  if (SHORT) return;
  const rows = figures.map(({ name: figure, unit, rounds, aim }) => ({
    figure,
    unit,
    median: round(median(rounds)),
    least: round(Math.min(...rounds)),
    most: round(Math.max(...rounds)),
    ...(aim === undefined ? {} : { aim }),
  }));
  const result = {
    benchmark: name,
    at: new Date().toISOString(),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    // Of the last five minutes: above the number of cores, others were at work and only the ratios mean something.
    machine: { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, load: loadavg()[1] },
    settings,
    figures: figures.map((figure, index) => ({ ...figure, ...rows[index] })),
  };
  const folder = new URL('../results/', import.meta.url);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(result, null, 2)}\n`);
  // biome-ignore lint/suspicious/noConsole: a table on the screen is what a benchmark is for.
  console.table(rows);
}

function round(number: number): number {
  return Number(number.toPrecision(3));
}
