import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const FOLDER = new URL('../../../docs/decisions/', import.meta.url);

const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
const { dependencies, optionalDependencies, devDependencies } = manifest;
const used = Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });

/** The rows of all tables of packages: | package | why | instead of |. */
const rows = readdirSync(FOLDER).flatMap((file) => {
  const tables = readFileSync(new URL(file, FOLDER), 'utf8').matchAll(/^\| package \|.*\n.*\n((?:\|.*\n)+)/gm);
  return [...tables].flatMap(([, body = '']) => body.trimEnd().split('\n').map(cells));
});

function cells(row: string): string[] {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

it('each dependency has its row in one table of docs/decisions, and nothing else has one', () => {
  expect(rows.flatMap(([names = '']) => names.split(', ')).sort()).toEqual(used.sort());
});

it.each(rows)('%s: why, and what was rejected', (...row) => {
  expect(row).toHaveLength(3);
  for (const cell of row) expect(cell).toMatch(/\w{2}/);
});
