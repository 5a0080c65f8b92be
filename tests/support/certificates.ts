import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const openssl = (cwd: string, ...args: string[]) => promisify(execFile)('openssl', args, { cwd });
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export type TestCertificates = { ca: string; cert: string; key: string };

/** Files of a private authority, and of a certificate that it has given to 127.0.0.1 and localhost. */
export async function makeCertificates(folder: string): Promise<TestCertificates> {
  await openssl(folder, 'req', '-x509', ...NEW_KEY, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=reelay test');
  await openssl(folder, 'req', ...NEW_KEY, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  await writeFile(path.join(folder, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names', '-days', '2'];
  await openssl(folder, 'x509', '-req', '-in', 'server.csr', '-out', 'server.crt', ...signed);
  const [ca, cert, key] = ['ca.crt', 'server.crt', 'server.key'].map((name) => path.join(folder, name));
  return { ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
}

/** The lines of a file, as SQL: each a row. */
export async function rowsOf(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return `SELECT line FROM (VALUES ${lines.map((line, index) => `(${index}, '${line}')`)}) AS f (at, line) ORDER BY at`;
}
