import { createServer } from 'node:net';
import { StartFault } from './start-fault.ts';

const LAST_PORT = 65_535;

/** Throws a StartFault when the API could not listen there now. Port 0 is always free. */
export async function checkPortIsFree(port: number, host: string): Promise<void> {
  if (port === 0) return;
  // Some systems let a wildcard address share the port with a server on the loopback one, which would get our calls.
  const addresses = host === '0.0.0.0' || host === '::' ? [host, '127.0.0.1'] : [host];
  for (const address of addresses) {
    const fault = await tryListening(port, address);
    if (fault) throw new StartFault(sentence(port, address, fault));
  }
}

/** The error's code, or null after listening for an instant. */
function tryListening(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

function sentence(port: number, host: string, fault: string): string {
  const other = port < LAST_PORT ? port + 1 : 3000;
  if (fault === 'EADDRINUSE') {
    return `Port ${port} is in use: stop what listens there, or choose another with PORT=${other}.`;
  }
  if (fault === 'EACCES') return `Port ${port} is reserved for the system: choose another with PORT=3000.`;
  return `Nothing can listen on ${host}, port ${port} (${fault}): choose another address with HOST=127.0.0.1.`;
}
