/** A writing system: of one language, or of the several that share it. */
export type Script = 'latin' | 'cyrillic' | 'arabic' | 'devanagari' | 'han' | (typeof OF_ONE_LANGUAGE)[number][0];

/** Those that stand for one language, as ISO codes. */
const OF_ONE_LANGUAGE = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['ko', /\p{Script=Hangul}/u],
  ['th', /\p{Script=Thai}/u],
  ['el', /\p{Script=Greek}/u],
  ['he', /\p{Script=Hebrew}/u],
  ['bn', /\p{Script=Bengali}/u],
  ['ta', /\p{Script=Tamil}/u],
  ['te', /\p{Script=Telugu}/u],
  ['gu', /\p{Script=Gujarati}/u],
  ['kn', /\p{Script=Kannada}/u],
  ['ml', /\p{Script=Malayalam}/u],
  ['pa', /\p{Script=Gurmukhi}/u],
  ['si', /\p{Script=Sinhala}/u],
  ['km', /\p{Script=Khmer}/u],
  ['lo', /\p{Script=Lao}/u],
  ['my', /\p{Script=Myanmar}/u],
  ['ka', /\p{Script=Georgian}/u],
  ['hy', /\p{Script=Armenian}/u],
  ['am', /\p{Script=Ethiopic}/u],
] as const;
const SHARED = [
  ['latin', /\p{Script=Latin}/u],
  ['cyrillic', /\p{Script=Cyrillic}/u],
  ['arabic', /\p{Script=Arabic}/u],
  ['devanagari', /\p{Script=Devanagari}/u],
  ['han', /\p{Script=Han}/u],
] as const;

/** A character of these says as much as so many letters of the others. */
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const DENSITY = 3;
/** Japanese has a kana for every few of its Chinese characters; Chinese borrows one now and then, as in 鲜の每日. */
const HAN_PER_KANA = 6;

const ASCII = /^\p{ASCII}*$/u;
/** Within ASCII. */
const LATIN_LETTER = /[a-z]/i;

/** The script that says the most in a text; null where it has no letters. */
export function scriptOf(text: string): Script | null {
  // Most prompts are ASCII.
  if (ASCII.test(text)) return LATIN_LETTER.test(text) ? 'latin' : null;
  const weights = new Map<Script, number>();
  for (const char of text) {
    const script = ofLetter(char);
    if (script) weights.set(script, (weights.get(script) ?? 0) + (DENSE.test(char) ? DENSITY : 1));
  }
  const kana = weights.get('ja') ?? 0;
  const han = weights.get('han') ?? 0;
  if (kana > 0) weights.set(kana * HAN_PER_KANA >= han ? 'ja' : 'han', kana + han);
  return [...weights].reduce<[Script | null, number]>((best, next) => (next[1] > best[1] ? next : best), [null, 0])[0];
}

function ofLetter(char: string): Script | null {
  if (char < '\u0080') return LATIN_LETTER.test(char) ? 'latin' : null;
  return [...SHARED, ...OF_ONE_LANGUAGE].find(([, letters]) => letters.test(char))?.[0] ?? null;
}
