import { cut, type LooseObject, objectIn, textIn } from './loose-value.ts';

/** A file in a session's state, as the upstream lists it. */
export type UploadedFile = { cdn_url: string | null; kind: string | null };

/** Upstream names stay readable in the agent's answers. In characters, without number and extension. */
const MAX_STEM = 60;
/** States are a handful of lists of files with a few levels below them; no deeper is looked. */
const MAX_DEPTH = 8;

/**
 * What a file is called upstream: `<name>-<last 6 of the asset id>.<ext>`, by which it is found again. Letters and
 * digits of any script stay; HEIC images are JPEGs there.
 */
export function upstreamName(asset: { id: string; filename: string; format: string }): string {
  const words = asset.filename
    .normalize('NFC')
    .replace(/\.[^./\\]*$/, '')
    .replace(/[^\p{L}\p{N}._]+/gu, '-');
  const stem = cut(words, MAX_STEM).replace(/^[-.]+|[-.]+$/g, '');
  const ext = asset.format === 'heic' ? 'jpg' : asset.format;
  return `${stem || 'file'}-${asset.id.slice(-6)}.${ext}`;
}

/** What the upstream calls a file that it fetches: the last part of the path. '' where there is none. */
export function urlName(url: string): string {
  return new URL(url).pathname.split('/').at(-1) ?? '';
}

/**
 * Whether a session's state shows a file that we may have sent: by the name that we gave it, or by its address where
 * the upstream fetched it. `others`: addresses of files that other uploads of the session account for, as two URLs may
 * end in one name. Looks everywhere: `video_infos`, `generated_media`, the draft, whatever comes.
 */
export function findUploaded(
  state: unknown,
  file: { source: string; name: string },
  others: ReadonlySet<string>,
): UploadedFile | null {
  const found: UploadedFile[] = [];
  visit(state, 0, (item) => {
    const url = textIn(item.cdn_url, item.url, item.src, item.source_url);
    const named = [item.filename, item.file_name, item.name, item.title].some((name) => isName(name, file.name));
    if (!named && url !== file.source) return;
    // Of a name that is not ours alone, only an address tells whose file it is.
    if (url === null ? !URL.canParse(file.source) : !others.has(url))
      found.push({ cdn_url: url, kind: textIn(item.file_type, item.media_type) });
  });
  return found.find((item) => item.cdn_url !== null) ?? found[0] ?? null;
}

/** The name itself, or as the last part of a path. */
function isName(value: unknown, name: string): boolean {
  return name !== '' && typeof value === 'string' && (value === name || value.endsWith(`/${name}`));
}

function visit(value: unknown, depth: number, see: (item: LooseObject) => void): void {
  if (depth > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    for (const item of value) visit(item, depth + 1, see);
    return;
  }
  const item = objectIn(value);
  if (!item) return;
  see(item);
  for (const inner of Object.values(item)) visit(inner, depth + 1, see);
}
