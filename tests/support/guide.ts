import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'vitest';

/** The text of a document, by its path from the root of the project. */
export function readGuide(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
}

/** The code blocks of a document in one language, from top to bottom. */
export function codeBlocks(guide: string, language: string): string[] {
  return [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1] ?? '');
}

/** Runs commands as a reader would paste them, but for a `curl` that fails where the answer is an error. @returns stdout. */
export async function runShell(commands: string, cwd: string, env: Record<string, string>): Promise<string> {
  const script = `curl() { command curl --fail-with-body --max-time 60 "$@"; }\n${commands}`;
  return (await promisify(execFile)('sh', ['-c', script], { cwd, env: { ...process.env, ...env } })).stdout;
}

/** What fits to a shortened example: … is anything, ids and ports are of the same form. */
export function alike(example: unknown): unknown {
  if (typeof example === 'string') {
    const form = example
      .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll(/ ?… ?/g, '[^]*')
      .replaceAll(/(?<=[a-z]_)[0-9a-z]{26}/g, '[0-9a-z]{26}')
      .replaceAll(/(?<=127\\.0\\.0\\.1:)\d+/g, '\\d+');
    return expect.stringMatching(new RegExp(`^${form}$`));
  }
  if (Array.isArray(example)) return example.map(alike);
  if (typeof example !== 'object' || example === null) return example;
  const fields = Object.entries(example).map(([name, value]) => [name, alike(value)]);
  return expect.objectContaining(Object.fromEntries(fields));
}
