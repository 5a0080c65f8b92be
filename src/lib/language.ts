import { eld } from 'eld/extrasmall';
import { isTraditional } from './domain/chinese-script.ts';
import { type Script, scriptOf } from './domain/script.ts';
import { MASK, maskQuoted } from './domain/sentences.ts';

/** What is looked at of a long prompt; `eld` reads no more than 350 bytes. In characters. */
const LOOKED_AT = 1000;
/** Below it a Latin text is English: in one word ("hello", "Barcelona") there is nothing to go by. In words. */
const MIN_WORDS = 2;
/** By how much another language must be likelier than English, 0–1. Measured: below it names decide ("Monaco"). */
const MARGIN = 0.12;
/** What English can hardly do without, and no other language has. */
const ENGLISH_WORD = /\b(?:the|with|and|from|into|this|that|while|through|which|where|when|what|its|their|they)\b/gi;
/** So many of them are more than a title in another language. */
const ENGLISH_WORDS = 3;
/** What the others can hardly do without, in ASCII. */
const OTHER_WORD =
  /\b(?:az|bir|com|con|cu|da|dan|das|de|del|den|der|det|di|een|egy|ein|eine|el|en|es|est|ett|het|il|ja|la|las|le|les|los|med|mit|na|och|og|para|por|pour|si|um|uma|un|una|und|une|van|ve|w|yang|z)\b/i;
/** English has no such letter, so that less evidence is enough. */
const FOREIGN_LETTER = /[^\p{ASCII}\P{L}]/u;

/** The languages told apart in a script that several share; the first is the answer where none is likelier. */
const SHARING: Partial<Record<Script, readonly [string, ...string[]]>> = {
  latin: ['en', 'es', 'fr', 'de', 'pt', 'it', 'nl', 'pl', 'tr', 'vi', 'id', 'sv', 'da', 'no', 'fi', 'cs', 'ro', 'hu'],
  cyrillic: ['ru', 'uk'],
  arabic: ['ar', 'fa', 'ur'],
  devanagari: ['hi', 'mr'],
};
/** Indonesian and Malay are one language to `eld`; most of those who write it are Indonesian. */
const ELD_CODES: Record<string, string> = { id: 'ms' };

/**
 * The language of a prompt as an ISO code of the upstream (`en`, `zh-CN`, `zh-TW`, `ja`, `es`, …). The script decides
 * first; `eld` tells apart those that share one. Quoted text and URLs do not count: a title may be in any language. A
 * text that is too short or uncertain is English.
 */
export function detectLanguage(text: string): string {
  const beginning = text.slice(0, LOOKED_AT);
  const unquoted = maskQuoted(beginning).replaceAll(MASK, ' ');
  // A text that is a quotation as a whole is the client's own.
  const own = scriptOf(unquoted) === null ? beginning : unquoted;
  const script = scriptOf(own);
  if (script === null) return 'en';
  if (script === 'han') return isTraditional(own) ? 'zh-TW' : 'zh-CN';
  const languages = SHARING[script];
  return languages ? likeliest(own, languages) : script;
}

function likeliest(text: string, languages: readonly [string, ...string[]]): string {
  const [fallback] = languages;
  if (fallback === 'en' && isPlainlyEnglish(text)) return fallback;
  if ((text.match(/\p{L}{2,}/gu) ?? []).length < MIN_WORDS) return fallback;
  const detected = eld.detect(text);
  // Most prompts: of all languages it is likeliest, and the scores need not be put in order.
  if (detected.language === fallback) return fallback;
  const scores = detected.getScores();
  const scoreOf = (language: string) => scores[ELD_CODES[language] ?? language] ?? 0;
  const best = languages.reduce((a, b) => (scoreOf(b) > scoreOf(a) ? b : a));
  if (fallback !== 'en') return best;
  const sure = detected.isReliable() || FOREIGN_LETTER.test(text);
  return sure && scoreOf(best) - scoreOf('en') >= MARGIN ? best : 'en';
}

/** Most prompts in English; `eld` says the same of them, at ten times the cost. */
function isPlainlyEnglish(text: string): boolean {
  if (FOREIGN_LETTER.test(text) || OTHER_WORD.test(text)) return false;
  return (text.match(ENGLISH_WORD) ?? []).length >= ENGLISH_WORDS;
}
