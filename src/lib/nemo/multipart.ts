import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';

/** A request body of `bytes` bytes that is read as it is sent. */
export type StreamedBody = { contentType: string; bytes: number; content: Readable };

/** One file as a multipart body (RFC 7578), streamed: its length is known beforehand, its bytes are never held. */
export function multipartFile(
  field: string,
  file: { name: string; contentType: string; bytes: number; content: Readable },
): StreamedBody {
  const boundary = `reelay-${randomUUID()}`;
  const head = Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="${field}"; filename="${quoted(file.name)}"\r\n` +
      `content-type: ${file.contentType}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const parts = async function* () {
    yield head;
    yield* file.content;
    yield tail;
  };
  const content = Readable.from(parts(), { objectMode: false });
  // Whoever gives up on the body before its file's turn has come leaves the file open.
  content.once('close', () => file.content.destroy());
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: head.length + file.bytes + tail.length,
    content,
  };
}

/** As browsers write it (WHATWG HTML, "multipart/form-data encoding algorithm"). */
function quoted(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
