import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const FOLDER = new URL('../../../prisma/migrations/', import.meta.url);

/** What the version before cannot live with (CONTRIBUTING.md, "Migrations"). */
const BREAKS_OLD_CODE: [RegExp, string][] = [
  [
    /\bDROP (TABLE|COLUMN|VIEW|TYPE)\b/i,
    'removes what the old version reads: say in a comment "Unused since <version>"',
  ],
  [/\bRENAME\b/i, 'renames what the old version reads'],
  [
    /\bADD COLUMN\b(?=[^,;]*\bNOT NULL\b)(?![^,;]*\b(DEFAULT|GENERATED)\b)/i,
    'adds a column that old INSERTs leave empty',
  ],
  [/\bSET NOT NULL\b/i, 'forbids what the old version may write'],
  [/\bDROP DEFAULT\b/i, 'takes the value of a column that old INSERTs leave empty'],
  [/\bALTER COLUMN "?\w+"? (SET DATA )?TYPE\b/i, 'changes a type, and rewrites the table under a lock'],
  [
    /\bADD (CONSTRAINT\b[^,;]*\b)?(CHECK|FOREIGN KEY)\b(?![^;]*\bNOT VALID\b)/i,
    'reads the whole table under a lock: NOT VALID',
  ],
  [/\bCONCURRENTLY\b/i, 'cannot run in a transaction, and migrations do'],
];
/** Of a second step: nothing that was released reads it any more. */
const SECOND_STEP = /^\s*--.*\bUnused since \d+\.\d+/m;

/** What is wrong with each statement; a comment before a statement belongs to it. */
function faultsOf(sql: string): string[] {
  return sql.split(';').flatMap((statement) => {
    const code = statement.replaceAll(/--.*$/gm, '').replaceAll(/\([^()]*(?:\([^()]*\)[^()]*)*\)/g, '()');
    if (SECOND_STEP.test(statement)) return [];
    return BREAKS_OLD_CODE.flatMap(([form, why]) => (form.test(code) ? [`${code.trim().split('\n')[0]}: ${why}`] : []));
  });
}

const names = readdirSync(FOLDER, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

it.each(names.sort().slice(1))('the version before survives %s', (name) => {
  expect(faultsOf(readFileSync(new URL(`${name}/migration.sql`, FOLDER), 'utf8'))).toEqual([]);
});

it.each([
  'ALTER TABLE "job" DROP COLUMN "rank_ms"',
  'DROP TABLE render',
  'ALTER TABLE "job" RENAME COLUMN "a" TO "b"',
  'ALTER TABLE "job" ADD COLUMN "a" TEXT, ADD COLUMN "b" INTEGER NOT NULL, ADD COLUMN "c" INTEGER NOT NULL DEFAULT 1',
  'ALTER TABLE "job" ALTER COLUMN "a" SET NOT NULL',
  'ALTER TABLE "job" ALTER COLUMN "a" TYPE bigint',
  'ALTER TABLE "job" ALTER COLUMN "a" DROP DEFAULT',
  'ALTER TABLE "job" ADD CONSTRAINT "c" CHECK (a > 1)',
  'CREATE INDEX CONCURRENTLY i ON job (a)',
])('refuses %s', (statement) => {
  expect(faultsOf(`-- A reason.\n${statement};\nSELECT 1;`)).toHaveLength(1);
});

it.each([
  'ALTER TABLE "job" ADD COLUMN "a" TEXT, ADD COLUMN "b" DOUBLE PRECISION NOT NULL DEFAULT (EXTRACT(epoch FROM now()) * 1000)',
  'ALTER TABLE "job" ALTER COLUMN "a" DROP NOT NULL',
  'CREATE TABLE "t" ("id" TEXT NOT NULL, CONSTRAINT "t_pkey" PRIMARY KEY ("id"))',
  'ALTER TABLE "job" ADD CONSTRAINT "c" CHECK (a > 1) NOT VALID',
  '-- Unused since 0.3.\nALTER TABLE "job" DROP COLUMN "a"',
  '-- DROP TABLE is what this does not do.\nDROP INDEX "job_rank_idx"',
])('takes %s', (statement) => {
  expect(faultsOf(`${statement};`)).toEqual([]);
});
