import { MEDIA_EXTENSIONS } from './media.ts';

/** How a skill describes what it takes; `max_bytes` a file. */
export type Takes = { name: string; formats: readonly string[]; max_bytes: number };

/** Longer ones are no addresses of files; a limit keeps them indexable. In characters of the normal form. */
const MAX_URL = 2_048;
/** What the upstream does not take as it is: we turn it into something else, and need the bytes for it. */
const UPLOAD_FIRST = new Set(['heic', 'txt']);

/** Why a skill does not take a file that we have; null where it does. */
export function assetFault(skill: Takes, asset: { format: string; bytes: number }): string | null {
  if (!takesFormat(skill, asset.format)) return formatFault(skill, asset.format);
  if (asset.bytes <= skill.max_bytes) return null;
  return `${skill.name} takes files of up to ${skill.max_bytes} bytes; this one has ${asset.bytes}.`;
}

/** Why a skill does not take a file that the upstream is to fetch, as far as its name tells; null where it may. */
export function urlAssetFault(skill: Takes, url: string): string | null {
  const format = extensionOf(new URL(url).pathname);
  // Of another extension nobody can tell before the upstream has fetched the file.
  return MEDIA_EXTENSIONS.has(format) && !takesFormat(skill, format) ? formatFault(skill, format) : null;
}

/** A URL in its normal form, or what is wrong with it. It is passed on, and never fetched by us. */
export function readAssetUrl(text: string): { url: string } | { fault: string } {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return { fault: 'Must be an http(s) URL.' };
  if (url.username !== '' || url.password !== '') return { fault: 'Must not hold a user name or password.' };
  if (url.href.length > MAX_URL) return { fault: `Must not be longer than ${MAX_URL} characters.` };
  const format = extensionOf(url.pathname);
  if (UPLOAD_FIRST.has(format)) return { fault: `A .${format} file must be uploaded first: POST /v1/assets.` };
  return { url: url.href };
}

function takesFormat(skill: Takes, format: string): boolean {
  return skill.formats.some((name) => usual(name) === usual(format));
}

function formatFault(skill: Takes, format: string): string {
  return `${skill.name} takes ${skill.formats.join(', ')}; this is ${format}.`;
}

function usual(format: string): string {
  const name = format.toLowerCase();
  return name === 'jpeg' ? 'jpg' : name;
}

function extensionOf(pathname: string): string {
  return /\.([A-Za-z0-9]+)$/.exec(pathname)?.[1]?.toLowerCase() ?? '';
}
