export type ReadyFacts = {
  address: string;
  apiKey: string;
  upstream: { url: string; isSandbox: boolean };
  /** Where the database is, for people: a folder, or a URL without its password. */
  database: string;
  dataDir: string;
  logDir: string;
  seconds: number;
};

/** What the user reads when all is up. Plain text without colours; the commands can be pasted into a shell. */
export function readyText(facts: ReadyFacts): string {
  const { address, apiKey, upstream } = facts;
  const authorization = shellQuoted(`Authorization: Bearer ${apiKey}`);
  const job = { type: 'generate', prompt: 'A 10 second city timelapse with upbeat music', export: true };
  return `
Reelay is up.

  Address   ${address}
  API key   ${apiKey}
  Upstream  ${upstream.isSandbox ? `the sandbox, a simulated NemoVideo, at ${upstream.url}` : upstream.url}
  Database  ${facts.database}
  Data      ${facts.dataDir}
  Logs      ${facts.logDir}

Make a video:

  curl -s ${address}/v1/jobs \\
    -H ${authorization} \\
    -H 'Content-Type: application/json' \\
    -d ${shellQuoted(JSON.stringify(job))}

Look at it, with the id from the answer:

  curl -s ${address}/v1/jobs/JOB_ID -H ${authorization}

Ready in ${facts.seconds.toFixed(1)} s.
Stop with Ctrl-C: the data stays, and the next run goes on with it.
`;
}

/** Where a client on this machine reaches a server that says it listens on `url`. */
export function clientAddress(url: string): string {
  const address = new URL(url);
  if (address.hostname === '0.0.0.0' || address.hostname === '[::]') address.hostname = '127.0.0.1';
  return address.origin;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
