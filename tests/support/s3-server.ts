import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What the server lets in, and where. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'reelay-test', AWS_SECRET_ACCESS_KEY: 'reelay-test-secret' };
const BUCKET = 'films';
/** S3 takes no smaller parts, but for the last one. In bytes. */
const MIN_PART = 5_242_880;
/** Uploads on one page of a list: so few that a test meets a second page. */
const PAGE = 2;

type MultipartUpload = { key: string; initiated: Date; parts: Map<number, Buffer> };
type Answer = { status: number; headers?: Record<string, string | number>; body?: Buffer | string };
type Asked = { key: string; query: URLSearchParams; request: IncomingMessage; body: Buffer };

export type TestS3 = {
  url: string;
  /** Of a service or process whose files are here. */
  env: Record<string, string>;
  /** By their keys. */
  objects: Map<string, Buffer>;
  /** Those that are neither completed nor aborted. */
  uploads: Map<string, MultipartUpload>;
  /** The next requests are answered so. */
  fail(times: number, status: number, code: string): void;
  /** Nobody answers, until it is back. */
  outage: { begin(): Promise<void>; end(): Promise<void> };
  stop(): Promise<void>;
};

/** As much of S3 as our store speaks, in memory: single and multipart uploads, ranges, deletes, the lists of both. */
export async function startS3(): Promise<TestS3> {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, MultipartUpload>();
  const faults: Answer[] = [];
  let port = 0;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://s3');
    const [, bucket = '', ...rest] = url.pathname.split('/');
    const key = rest.map(decodeURIComponent).join('/');
    // A client that leaves in the middle of its body has asked for nothing.
    const body = await buffer(request).catch(() => null);
    if (body === null) return;
    const asked = { key, query: url.searchParams, request, body };
    const answer =
      faults.shift() ?? refused(request) ?? (bucket === BUCKET ? serve(asked) : fault(404, 'NoSuchBucket'));
    response.writeHead(answer.status, { 'content-type': 'application/xml', ...answer.headers });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  });
  const listen = () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  await listen();
  port = (server.address() as AddressInfo).port;

  function serve({ key, query, request, body }: Asked): Answer {
    const upload = uploads.get(query.get('uploadId') ?? '');
    const does = `${request.method} ${key === '' ? 'bucket' : 'object'} ${[...query.keys()].sort().join(' ')}`.trim();
    if (query.has('uploadId') && !upload) return fault(404, 'NoSuchUpload');
    if (/^(HEAD|GET) bucket(?!.* uploads)/.test(does)) return xml('ListBucketResult', '<KeyCount>0</KeyCount>');
    if (/^GET bucket .*uploads/.test(does)) return listUploads(query);
    if (/^POST object uploads/.test(does)) return beginUpload(key);
    if (/^PUT object partNumber/.test(does)) return takePart(upload, Number(query.get('partNumber')), body);
    if (/^POST object uploadId/.test(does)) return completeUpload(query.get('uploadId') ?? '', body.toString());
    if (/^DELETE/.test(does)) {
      if (!uploads.delete(query.get('uploadId') ?? '')) objects.delete(key);
      return { status: 204 };
    }
    if (/^PUT/.test(does)) {
      objects.set(key, body);
      return { status: 200, headers: { etag: etagOf(body) } };
    }
    return read(key, request.headers.range);
  }

  function read(key: string, range: string | undefined): Answer {
    const whole = objects.get(key);
    if (!whole) return fault(404, 'NoSuchKey');
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
    if (first === undefined) return { status: 200, headers: { 'content-length': whole.length }, body: whole };
    const body = whole.subarray(Number(first), Number(last) + 1);
    const headers = { 'content-length': body.length, 'content-range': `bytes ${first}-${last}/${whole.length}` };
    return { status: 206, headers, body };
  }

  function beginUpload(key: string): Answer {
    const id = randomUUID();
    uploads.set(id, { key, initiated: new Date(), parts: new Map() });
    return xml('InitiateMultipartUploadResult', `<Key>${key}</Key><UploadId>${id}</UploadId>`);
  }

  function takePart(upload: MultipartUpload | undefined, number: number, body: Buffer): Answer {
    upload?.parts.set(number, body);
    return { status: 200, headers: { etag: etagOf(body) } };
  }

  function completeUpload(id: string, body: string): Answer {
    const upload = uploads.get(id);
    const parts = [...body.matchAll(/<PartNumber>(\d+)</g)].map(([, number]) => upload?.parts.get(Number(number)));
    if (!upload || parts.length === 0 || parts.includes(undefined)) return fault(400, 'InvalidPart');
    const whole = parts as Buffer[];
    if (whole.slice(0, -1).some((part) => part.length < MIN_PART)) return fault(400, 'EntityTooSmall');
    objects.set(upload.key, Buffer.concat(whole));
    uploads.delete(id);
    return xml('CompleteMultipartUploadResult', `<Key>${upload.key}</Key>`);
  }

  function listUploads(query: URLSearchParams): Answer {
    const all = [...uploads].filter(([, { key }]) => key.startsWith(query.get('prefix') ?? ''));
    const after = all.findIndex(([id]) => id === query.get('upload-id-marker')) + 1;
    const page = all.slice(after, after + PAGE);
    const [last] = page.slice(-1);
    const entries = page.map(
      ([id, { key, initiated }]) =>
        `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${initiated.toISOString()}</Initiated></Upload>`,
    );
    const next = last && after + PAGE < all.length;
    const markers =
      next && `<NextKeyMarker>${last[1].key}</NextKeyMarker><NextUploadIdMarker>${last[0]}</NextUploadIdMarker>`;
    return xml(
      'ListMultipartUploadsResult',
      `<IsTruncated>${Boolean(next)}</IsTruncated>${markers ?? ''}${entries.join('')}`,
    );
  }

  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    env: { ...CREDENTIALS, ASSET_STORE: `s3://${BUCKET}/reelay`, S3_ENDPOINT: url },
    objects,
    uploads,
    fail(times, status, code) {
      faults.push(...Array.from({ length: times }, () => fault(status, code)));
    },
    outage: { begin: close, end: listen },
    stop: close,
  };
}

/** Whether the request is signed with our key; what the signature says is between client and a real S3. */
function refused({ headers }: IncomingMessage): Answer | null {
  const { authorization = '' } = headers;
  const signed = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/[\w-]+\/s3\/aws4_request, .*Signature=[0-9a-f]{64}$/;
  const [, keyId] = signed.exec(authorization) ?? [];
  if (keyId === undefined || !headers['x-amz-date'] || !headers['x-amz-content-sha256'])
    return fault(403, 'AccessDenied');
  return keyId === CREDENTIALS.AWS_ACCESS_KEY_ID ? null : fault(403, 'InvalidAccessKeyId');
}

function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function fault(status: number, code: string): Answer {
  return { status, body: `<Error><Code>${code}</Code><Message>as the test has it</Message></Error>` };
}

function xml(root: string, content: string): Answer {
  return { status: 200, body: `<?xml version="1.0" encoding="UTF-8"?><${root}>${content}</${root}>` };
}
