import { type LooseObject, objectIn, textIn } from './loose-value.ts';

export type MediaKind = 'video' | 'image' | 'audio' | 'other';
/** A file that the agent has made. */
export type Media = { id: string | null; url: string; kind: MediaKind };

/** The kinds, by what the upstream calls them and by the extensions of their files. */
const KINDS: { kind: MediaKind; called: RegExp; extensions: readonly string[] }[] = [
  { kind: 'video', called: /video/, extensions: ['mp4', 'mov', 'avi', 'webm', 'mkv'] },
  { kind: 'image', called: /image|photo|picture/, extensions: ['jpg', 'jpeg', 'png', 'gif', 'webp'] },
  { kind: 'audio', called: /audio|music|bgm|voice|sound/, extensions: ['mp3', 'wav', 'm4a', 'aac'] },
];
/** Extensions that say what a file is. Lower case. */
export const MEDIA_EXTENSIONS: ReadonlySet<string> = new Set(KINDS.flatMap(({ extensions }) => extensions));
/** A list in a map in a list is as deep as the documents get; no deeper is looked. */
const MAX_DEPTH = 4;

/**
 * Reads `generated_media`: a list, one object, a map of them by id, or lists by kind. What has no URL yet is left
 * out: a placeholder is no result.
 */
export function readMedia(raw: unknown): Media[] {
  const found = collect(raw, null, 0);
  return [...new Map(found.map((media) => [media.url, media])).values()];
}

function collect(value: unknown, key: string | null, depth: number): Media[] {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.flatMap((item) => collect(item, null, depth + 1));
  if (typeof value === 'string')
    return /^https?:\/\//.test(value) ? [{ id: key, url: value, kind: kindOf(null, value) }] : [];
  const item = objectIn(value);
  if (!item) return [];
  const url = textIn(item.cdn_url, item.url);
  if (url) return [readItem(item, url, key)];
  const inner = Object.entries(item).filter(([, nested]) => typeof nested === 'object');
  return inner.flatMap(([name, nested]) => collect(nested, name, depth + 1));
}

function readItem(item: LooseObject, url: string, key: string | null): Media {
  const id = typeof item.id === 'number' ? String(item.id) : textIn(item.media_id, item.id, key);
  return { id, url, kind: kindOf(textIn(item.media_type, item.file_type, item.type), url) };
}

/** What a file is: as the upstream calls it, else by the end of its URL. */
export function kindOf(named: string | null, url: string): MediaKind {
  const extension = /\.([a-z0-9]{2,4})(?:[?#]|$)/i.exec(url)?.[1] ?? '';
  const names = [named ?? '', extension].map((name) => name.toLowerCase());
  for (const name of names) {
    const found = KINDS.find(({ called, extensions }) => called.test(name) || extensions.includes(name));
    if (found) return found.kind;
  }
  return 'other';
}
