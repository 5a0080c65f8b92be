import { fileTypeFromBuffer } from 'file-type';

/** The signature of a file is in its first bytes; `file-type` asks for so many. */
const HEAD_BYTES = 4_100;

type FileKind = 'video' | 'image' | 'audio' | 'text';
/** What a file is by its bytes. `format` as skills name it: mp4, jpg, heic, txt, … */
export type Sniffed = { kind: FileKind; format: string; contentType: string };

/** One container, several brands: what the upstream calls by its usual name. */
const USUAL_NAMES: Readonly<Record<string, { format: string; contentType: string }>> = {
  m4v: { format: 'mp4', contentType: 'video/mp4' },
  f4v: { format: 'mp4', contentType: 'video/mp4' },
  m4b: { format: 'm4a', contentType: 'audio/mp4' },
};
/** Control characters that no text has: all but tab, line feed, form feed and carriage return. */
const CONTROLS = /[^\P{Cc}\t\n\f\r]/u;

/** Watches a stream as it goes by, and knows at its end what it was. Holds the head of the file only. */
type Sniffer = {
  /** Passes the bytes on as they are. */
  watch(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** To be called at the end; null for bytes that are no video, image, audio or text. */
  result(): Promise<Sniffed | null>;
};

export function createSniffer(): Sniffer {
  let head = Buffer.alloc(0);
  const text = createTextWatch();
  return {
    async *watch(content) {
      for await (const chunk of content) {
        if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
        text.push(chunk);
        yield chunk;
      }
    },
    async result() {
      const type = await fileTypeFromBuffer(head);
      if (type) return known(type.ext, type.mime);
      return head.length > 0 && text.isText() ? { kind: 'text', format: 'txt', contentType: 'text/plain' } : null;
    },
  };
}

function known(ext: string, mime: string): Sniffed | null {
  const kind = (['video', 'image', 'audio'] as const).find((name) => mime.startsWith(`${name}/`));
  return kind ? { kind, ...(USUAL_NAMES[ext] ?? { format: ext, contentType: mime }) } : null;
}

/** Text is UTF-8 from the first byte to the last, and nothing that only machines read. */
function createTextWatch() {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let plausible = true;
  const read = (chunk?: Uint8Array) => {
    if (!plausible) return;
    try {
      plausible = !CONTROLS.test(decoder.decode(chunk, { stream: chunk !== undefined }));
    } catch {
      plausible = false;
    }
  };
  return {
    push: read,
    isText(): boolean {
      read();
      return plausible;
    },
  };
}
