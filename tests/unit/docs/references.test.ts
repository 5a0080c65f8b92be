import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readGuide } from '../../support/guide.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** Where the names of files in the documents begin: paths that everybody knows the beginning of are shortened. */
const BASES = ['', 'src', 'src/lib', 'src/workers', 'src/lib/domain', 'src/api'];

const guides = [
  ...readdirSync(ROOT).filter((file) => file.endsWith('.md')),
  ...readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file)),
];

/** As GitHub makes them of headings; those of our own are in `id`. */
function anchorsOf(guide: string): string[] {
  const headings = [...guide.matchAll(/^#+ (.+)$/gm)].map(([, words = '']) =>
    words
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return [...headings, ...[...guide.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id)];
}

it.each(guides)('every link of %s leads somewhere', (guide) => {
  const links = [...readGuide(guide).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
  const broken = links.filter(([, file = '', anchor]) => {
    const target = file === '' ? guide : path.join(path.dirname(guide), file);
    if (!existsSync(path.join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(readGuide(target)).includes(anchor);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

const sources = new Set(
  ['src', 'tests', 'bench']
    .flatMap((folder) => readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }))
    .map((file) => path.basename(file)),
);

/** A path from one of the usual places; the bare name of a source may be anywhere. */
function isThere(name: string): boolean {
  if (!name.includes('/')) return sources.has(name);
  return BASES.some((base) => existsSync(path.join(ROOT, base, name)));
}

/** What is written of the upstream names its files, not ours. */
const own = guides.filter((guide) => !guide.startsWith('docs/upstream/'));

it.each(own)('every file and folder that %s names is there', (guide) => {
  const code = [...readGuide(guide).matchAll(/`([\w./-]+)`/g)].map(([, words = '']) => words);
  const names = code.filter((words) =>
    /^[\w-]+\.ts$|^[\w-].*\/.*\.\w+$|^(?:src|tests|bench|docs|deploy|prisma)\//.test(words),
  );
  expect(names.filter((name) => !isThere(name))).toEqual([]);
});
