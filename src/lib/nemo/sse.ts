import { createParser } from 'eventsource-parser';

/**
 * The longest unfinished line or event that is kept, in characters. The longest one recorded is 1 MB (sse.md,
 * trap 18: every state write repeats the whole draft); sixteen times that leaves room, and still bounds what a
 * server that never ends a line can take from the process.
 */
export const MAX_PENDING_CHARACTERS = 16 * 1024 * 1024;

/** The stream cannot be read on: a line or event outgrew the cap. To the turn this is a lost stream. */
export class SseLineTooLong extends Error {
  constructor() {
    super(`A line or event of the stream is longer than ${MAX_PENDING_CHARACTERS} characters`);
    this.name = 'SseLineTooLong';
  }
}

export type SseReader = {
  /** Takes the next bytes, cut anywhere. Throws SseLineTooLong past the cap, and again on every later call. */
  push(bytes: Uint8Array): void;
  /** Ends the stream. An event that no blank line ended is dropped: it was cut (sse.md, trap 19). */
  end(): void;
};

/**
 * Reads a byte stream as server-sent events. `onData` gets the data of each event, in order, and '' for what only
 * says that the server is alive: a comment, an empty `data:` (sse.md, trap 21).
 */
export function createSseReader(onData: (payload: string) => void): SseReader {
  // Not `fatal`: a broken byte becomes U+FFFD inside one frame instead of ending a paid turn. `ignoreBOM: false`
  // takes a BOM off the very start only; inside data lines it is content (trap 20).
  const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: false });
  let tooLong: SseLineTooLong | null = null;
  let endedInCr = false;

  const parser = createParser({
    maxBufferSize: MAX_PENDING_CHARACTERS,
    onEvent: (event) => onData(event.data),
    onComment: () => onData(''),
    onError: (error) => {
      // Unknown fields and bad retry values are reported here too, and ignored as the standard says.
      if (error.type === 'max-buffer-size-exceeded') tooLong = new SseLineTooLong();
    },
  });

  /**
   * Makes every line end an LF. The parser holds back a CR at the end of a chunk until it sees what follows, so the
   * last event of a CR stream would come late, and never when the stream ends there.
   */
  function withLineFeeds(text: string): string {
    const rest = endedInCr && text.startsWith('\n') ? text.slice(1) : text;
    endedInCr = text.endsWith('\r');
    return rest.includes('\r') ? rest.replaceAll(/\r\n?/g, '\n') : rest;
  }

  return {
    push(bytes) {
      if (tooLong) throw tooLong;
      if (bytes.length === 0) return;
      const text = decoder.decode(bytes, { stream: true });
      if (text !== '') parser.feed(withLineFeeds(text));
      if (tooLong) throw tooLong;
    },
    end() {
      parser.reset();
    },
  };
}
