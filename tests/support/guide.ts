import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

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
