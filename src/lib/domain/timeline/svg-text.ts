const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** What XML 1.0 has no room for, and what turns the direction of the text behind it. */
const UNWANTED = /[\p{Cc}\p{Surrogate}\uFFFE\uFFFF\u202A-\u202E\u2066-\u2069]/gu;

/** A text as the content or an attribute of an XML element. */
export function xmlText(text: string): string {
  return text
    .replaceAll(/[\t\n\r]/g, ' ')
    .replaceAll(UNWANTED, '')
    .replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? '');
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
const FULL_WIDTH =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\u3000-\u303F\uFF00-\uFF60]/u;

/** About how wide a text is in a usual sans-serif font, in its font sizes (em): there is no font to measure with. */
function widthOf(grapheme: string): number {
  if (FULL_WIDTH.test(grapheme)) return 1.05;
  if (/[iljftrI.,:;'|!() ]/.test(grapheme)) return 0.4;
  if (/[mwMW@%]/.test(grapheme)) return 0.95;
  return /\p{Lu}/u.test(grapheme) ? 0.74 : 0.65;
}

/** The text, or as much of its beginning with an ellipsis as fits into so many pixels; empty where hardly any does. */
export function fitText(text: string, fontSize: number, width: number): string {
  const room = width / fontSize;
  let used = 0;
  let fitting = '';
  for (const { segment } of GRAPHEMES.segment(text)) {
    used += widthOf(segment);
    if (used > room) return fitting.trimEnd().length < 2 ? '' : `${fitting.trimEnd()}…`;
    // The ellipsis needs its own room.
    if (used <= room - 1) fitting += segment;
  }
  return text;
}
