import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export type PathProxy = {
  /** The target, under a path. */
  url: string;
  close(): Promise<void>;
};

/** Stands before an HTTP server and has it under a path, as a gateway does; there is nothing at any other. */
export async function startPathProxy(path: string, target: () => string): Promise<PathProxy> {
  const server = createServer((incoming, answer) => {
    if (!incoming.url?.startsWith(`${path}/`)) return void answer.writeHead(404).end();
    const { method, headers } = incoming;
    // A socket of its own each: what one call leaves on a shared one would meet the next.
    const passed = request(
      `${target()}${incoming.url.slice(path.length)}`,
      { method, headers, agent: false },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      },
    );
    passed.on('error', () => answer.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
