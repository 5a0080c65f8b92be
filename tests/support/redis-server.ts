import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

type Settings = Record<string, string | number>;

/** Starts a redis-server on 127.0.0.1 that keeps nothing on disk, and waits until it answers. */
export function serveRedis(settings: Settings): Promise<ChildProcess> {
  const all: Settings = { bind: '127.0.0.1', save: '""', appendonly: 'no', ...settings };
  const server = spawn('redis-server', ['-']);
  server.stdin.end(
    Object.entries(all)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  );
  return says(server, 'Ready to accept connections');
}

/** Starts a sentinel; its file is its memory. */
export function serveSentinel(file: string): Promise<ChildProcess> {
  return says(spawn('redis-server', [file, '--sentinel']), 'Sentinel ID is');
}

async function says(server: ReturnType<typeof spawn>, words: string): Promise<ChildProcess> {
  if (!server.stdout) throw new Error('the server has no standard output');
  const heard: string[] = [];
  for await (const line of createInterface(server.stdout)) {
    heard.push(line);
    if (!line.includes(words)) continue;
    // What nobody reads would hold the server up one day.
    server.stdout.resume();
    return server;
  }
  throw new Error(`redis-server did not start:\n${heard.join('\n')}`);
}
