import { expect, it } from 'vitest';
import { STORIES } from '../../../src/sandbox/stories/stories.ts';
import { readGuide } from '../../support/guide.ts';

it('docs/sandbox.md has a row for each story', () => {
  const [, table = ''] = readGuide('docs/sandbox.md').split('| story | what happens | charged |');
  const rows = [...table.matchAll(/^\| ((?:`[a-z0-9-]+` ?)+)\|.*\|.*\|$/gm)];
  const listed = rows.flatMap(([, names = '']) => names.match(/[a-z0-9-]+/g) ?? []);
  expect(listed.sort()).toEqual([...STORIES.keys()].sort());
});
