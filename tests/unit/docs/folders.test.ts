import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readGuide } from '../../support/guide.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** Made by Prisma, and a part of its folder. */
const GENERATED = 'src/lib/db/generated';

/** What a folder is called in the table's last column. */
const shortName = (folder: string) => folder.replace(/^src\/(?:lib\/)?/, '');

/** The imports of other folders, by folder, as the files under src have them. */
function importsByFolder(): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const entry of readdirSync(path.join(ROOT, 'src'), { recursive: true, withFileTypes: true })) {
    const from = path.relative(ROOT, entry.parentPath);
    if (!entry.isFile() || from.startsWith(GENERATED)) continue;
    const imports = found.get(from) ?? new Set();
    found.set(from, imports);
    const text = readFileSync(path.join(entry.parentPath, entry.name), 'utf8');
    for (const [, file = ''] of text.matchAll(/(?:\bfrom |\bimport\(|^import )'(\.[^']+)'/gm)) {
      const to = path.dirname(path.join(from, file));
      if (to !== from && !to.startsWith(GENERATED)) imports.add(to);
    }
  }
  return new Map([...found].map(([folder, imports]) => [folder, [...imports].map(shortName).sort()]));
}

/** The imports by folder, as the table of docs/architecture.md has them. */
function importsInTable(): Map<string, string[]> {
  const rows = readGuide('docs/architecture.md').matchAll(/^\| `(src[^`]*)` \| [^|]+ \|(.*)\|$/gm);
  return new Map([...rows].map(([, folder = '', cell = '']) => [folder, cell.match(/[\w/-]+/g) ?? []]));
}

it('docs/architecture.md has a row for each folder of src, with what its files import', () => {
  expect(Object.fromEntries(importsInTable())).toEqual(Object.fromEntries(importsByFolder()));
});

it('docs/architecture.md has a row for each other folder', () => {
  const [, beside = ''] = readGuide('docs/architecture.md').split('| beside `src` | is |');
  const named = [...beside.matchAll(/^\| (`[^|]+) \| /gm)].flatMap(([, names = '']) => names.match(/[\w/]+/g) ?? []);
  const parts = (folder: string) =>
    readdirSync(path.join(ROOT, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^\.|^(?:node_modules|dist|coverage|docs|src)$/.test(entry.name))
      .map((entry) => path.join(folder, entry.name));
  expect(named.sort()).toEqual([...parts('').filter((folder) => folder !== 'tests'), ...parts('tests')].sort());
});
