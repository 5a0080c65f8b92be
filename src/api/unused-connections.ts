import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Knows the connections on which nothing has come yet, as proxies and browsers open them in advance. Node takes them for
 * busy and would wait for them when the server closes. @returns what closes them.
 */
export function watchUnused(server: Server): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}
