import { splitSentences } from '../sentences.ts';

/** Longer ones say more than that something went wrong. In characters. */
const MAX_LENGTH = 400;

const TROUBLE =
  /\b(?:temporary|transient)\s+(?:\w+\s+)?(?:issue|problem|error|glitch|hiccup)\b|(?:临时|暂时)(?:性)?的?(?:小|技术)?(?:问题|故障|错误)/i;
const PLEA =
  /\b(?:try|trying) (?:\w+ ){0,4}again\b|\bretry\b|\bsorry\b|\bapologi[sz]e\b|\binconvenience\b|\bpatience\b|重试|再试|抱歉|对不起|谅解|稍等/i;
const BEGINNING =
  /^(?:(?:i['’]?m |i am )?(?:so |very )?sorry\b|(?:i |my )?apologi[sz]e|apologies|oops|unfortunately|i\b|there (?:was|is|seems)|it (?:seems|looks)|we\b|an?\b|抱歉|很抱歉|对不起|我|系统|出现|遇到|发生)/i;

/**
 * Whether a text is nothing but "I encountered a temporary issue", which the agent adds to good answers
 * (sse.md, trap 22). Every sentence has to be such talk: losing words is worse than keeping noise.
 */
export function isApology(text: string): boolean {
  const whole = text.trim();
  if (whole === '' || whole.length > MAX_LENGTH) return false;
  const sentences = splitSentences(whole).map((sentence) => sentence.trim());
  const [first] = sentences;
  if (first === undefined || !BEGINNING.test(first) || !TROUBLE.test(whole)) return false;
  return sentences.every((sentence) => TROUBLE.test(sentence) || PLEA.test(sentence));
}
