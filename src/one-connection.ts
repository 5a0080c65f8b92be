import pg from 'pg';

/** How long one attempt to connect may take, in ms: a database that is up answers within milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Does what needs one connection and no pool, and closes it. Throws the database's error when it cannot be reached. */
export async function onOneConnection<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A connection lost in the middle fails the statement under way; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
