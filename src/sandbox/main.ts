import { buildSandbox } from './app.ts';
import { readEnvironment } from './environment.ts';

/** Runs until a signal, or until the parent that started it with an IPC channel is gone. */
async function main(): Promise<void> {
  const env = readEnvironment(process.env);
  const sandbox = buildSandbox({
    speed: env.SANDBOX_SPEED,
    credits: env.SANDBOX_CREDITS,
    dialect: env.SANDBOX_DIALECT,
    streaming: env.SANDBOX_STREAMING,
  });

  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    sandbox.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.once('disconnect', stop);

  const url = await sandbox.listen(env.SANDBOX_PORT, env.SANDBOX_HOST);
  process.stdout.write(`sandbox listening on ${url}\n`);
  process.send?.({ type: 'ready', url });
  // It may have gone while we started.
  if (process.send && !process.connected) stop();
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use: stop what listens there, or choose another with SANDBOX_PORT.`;
  return error.message;
}

main().then(undefined, (error) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});
