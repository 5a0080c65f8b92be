/** Stands for a character that is quoted, code or part of a URL, so that no rule looks into it. */
export const MASK = '\uE000';

const OPAQUE = [
  /https?:\/\/[^\s<>"“”「」，。！？；、）)\]]*[^\s<>"“”「」，。！？；、）)\].,!?;:*_'’]/g,
  /`[^`\n]{1,200}`/g,
  /"[^"\n]{1,200}"|“[^”\n]{1,200}”|「[^」\n]{1,200}」|『[^』\n]{1,200}』|《[^》\n]{1,100}》|【[^】\n]{1,40}】|\[[^\]\n]{1,40}\]/g,
  /(?<![\p{L}\p{N}])['‘][^'’\n]{1,40}['’](?![\p{L}\p{N}])/gu,
];
/** The end of a quoted sentence may be the end of the sentence around it. */
const QUOTED_END = /[.!?。！？…]["”'’」』】]$/;

/** The text with all that is quoted masked, character for character: positions stay the same. */
export function maskQuoted(text: string): string {
  let masked = text.replaceAll(/\*\*|__/g, MASK + MASK);
  for (const pattern of OPAQUE) {
    masked = masked.replaceAll(pattern, (span) =>
      QUOTED_END.test(span) ? MASK.repeat(span.length - 2) + span.slice(-2) : MASK.repeat(span.length),
    );
  }
  return masked;
}

/** How far back the last word of a sentence is looked for. In characters. */
const LAST_WORD = 24;

const END = /(?:[.!?…]+(["”'’)\]」』】\uE000]*)(?=\s|$)|[。！？]+["”'’）」』】\uE000]*)\s*|\n\s*/g;
const NEVER_LAST = new Set(['e.g', 'i.e', 'vs', 'mr', 'mrs', 'ms', 'dr', 'prof', 'approx', 'cf', 'st']);
const RARELY_LAST = new Set(['etc', 'sec', 'secs', 'min', 'mins', 'hr', 'a.m', 'p.m', 'inc', 'ltd', 'u.s', 'u.k']);
const BEFORE_NUMBER = new Set(['no', 'fig', 'vol', 'ch', 'p', 'pt']);

/**
 * The sentences of a text, in English or Chinese, with the white space after each: joined they are the text again.
 * URLs, decimals, file names, quotations, list numbers and common abbreviations do not end one.
 */
export function splitSentences(text: string): string[] {
  const masked = maskQuoted(text);
  const sentences: string[] = [];
  let start = 0;
  for (const match of masked.matchAll(END)) {
    const end = match.index + match[0].length;
    const before = masked.slice(Math.max(start, match.index - LAST_WORD), match.index);
    if (end < masked.length && !endsSentence(before, match, masked.slice(end, end + 2))) continue;
    sentences.push(text.slice(start, end));
    start = end;
  }
  if (start < text.length) sentences.push(text.slice(start));
  return sentences;
}

function endsSentence(before: string, match: RegExpMatchArray, next: string): boolean {
  const mark = match[0];
  if (!mark.startsWith('.') && !mark.startsWith('…')) return true;
  const goesOn = /^\p{Ll}/u.test(next);
  if (mark.startsWith('..') || mark.startsWith('…') || match[1]) return !goesOn;
  const word = /[\p{L}\p{N}.]*$/u.exec(before)?.[0].toLowerCase() ?? '';
  if (/(?:^\s*|[:)\]]\s+|[：）]\s*)\d{1,2}$/.test(before)) return false;
  if (NEVER_LAST.has(word) || /^\p{L}$/u.test(word)) return false;
  if (RARELY_LAST.has(word)) return !goesOn && !/^\d/.test(next);
  return !(BEFORE_NUMBER.has(word) && /^\d/.test(next));
}
