import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSkills } from '../../../src/lib/skills.ts';

const GOOD = '---\nname: origami\nversion: 2.0.1\nformats: [png]\nmax_bytes: 1000\n---\nFolds.\n';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-skills-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const put = async (text: string, path = 'origami') => {
  await mkdir(join(folder, path), { recursive: true });
  await writeFile(join(folder, path, 'SKILL.md'), text);
};

it('serves the five skills and the official one', async () => {
  const skills = await loadSkills(undefined, undefined);
  expect(Object.fromEntries([...skills.values()].map(({ name, version }) => [name, version]))).toEqual({
    'ai-video-creation': '1.0.0',
    'image-to-video-by-prompt': '1.0.0',
    'nemo-video': '1.9',
    'pika-labs': '1.0.0',
    'pixverse-ai-image-to-video': '1.0.0',
    'sora-video-generation': '1.0.0',
  });
});

it('adds those of another folder, and names the platform that SKILL_SOURCE says', async () => {
  await put(GOOD);
  expect((await loadSkills(folder, undefined)).get('origami')).toMatchObject({ version: '2.0.1', platform: 'unknown' });
  expect((await loadSkills(folder, 'cursor')).get('origami')?.platform).toBe('cursor');
});

it.each([
  ['.clawhub', 'clawhub'],
  [join('.cursor', 'skills'), 'cursor'],
  ['elsewhere', 'unknown'],
])('a skill under %s is of platform %s', async (path, platform) => {
  await put(GOOD, join(path, 'origami'));
  expect((await loadSkills(join(folder, path), undefined)).get('origami')?.platform).toBe(platform);
});

describe('a broken SKILL.md is an error that names file and field', () => {
  it.each([
    ['no frontmatter', 'Folds.\n', /SKILL\.md has no YAML frontmatter/],
    ['no YAML', '---\nname: [\n---\n', /SKILL\.md: the frontmatter is not YAML/],
    ['no name', GOOD.replace('name: origami\n', ''), /SKILL\.md: name: /],
    ['a size in words', GOOD.replace('1000', 'large'), /SKILL\.md: max_bytes: /],
    ['no formats', GOOD.replace('[png]', '[]'), /SKILL\.md: formats: /],
  ])('%s', async (_what, text, message) => {
    await put(text);
    await expect(loadSkills(folder, undefined)).rejects.toThrow(message);
  });
});
