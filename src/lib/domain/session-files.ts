import { listIn, objectIn, textIn } from './loose-value.ts';
import { kindOf, type MediaKind, readMedia } from './media.ts';

/** A file that was brought into the session. */
export type SessionFile = { filename: string | null; kind: MediaKind; url: string };

/**
 * Reads `video_infos` of the `data` of GET state, or of the bare state in it: images and sounds are listed there too, and
 * what the agent has made, which is media and not a file of anybody.
 */
export function readSessionFiles(data: unknown): SessionFile[] {
  const outer = objectIn(data) ?? {};
  const state = objectIn(outer.state) ?? outer;
  const made = new Set(readMedia(state.generated_media).map((media) => media.url));
  return listIn(state.video_infos).flatMap((raw) => {
    const info = objectIn(raw) ?? {};
    const url = textIn(info.cdn_url, info.url);
    if (url === null || made.has(url)) return [];
    return [{ filename: textIn(info.filename, info.name), kind: kindOf(textIn(info.file_type), url), url }];
  });
}
