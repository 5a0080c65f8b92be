import type { SuggestedAction } from '../job.ts';
import { maskQuoted } from '../sentences.ts';
import type { GuiAction } from './action.ts';
import { guiAction, isAside, isLeadIn } from './phrases.ts';

/** "点击导出". In characters. */
const MIN_SENTENCE = 4;
/** No instruction is this long; a "sentence" that is may be a poem, a table or data. In characters. */
const MAX_SENTENCE = 600;
const SEPARATOR =
  /\s*(?:[,;](?=\s)|:(?=\s)|[，；：]|\s-\s|[—–]+)\s*|\s+(?=(?:and|so|then|or|but)\s+(?:you\s+(?:can|may|could)|please|just|simply|then|now|click|tap|press|open|drag|export|download|preview|go to|check)\b)|(?<=\p{Script=Han})(?=(?:并且?|然后|再|请|您可以|你可以)+(?:可以?)?(?:点击|单击|双击|打开|拖[拽动]|导出))/giu;
const ENDING = /[.!?。！？…]*[*_"”’)）」』]*\s*$/;

type Clause = { start: number; end: number; action: GuiAction | null };

/** What is left of a sentence without its GUI talk; what was taken out goes to `found`. */
export function translateSentence(sentence: string, found: SuggestedAction[]): string {
  if (sentence.length < MIN_SENTENCE || sentence.length > MAX_SENTENCE) return sentence;
  // A question wants an answer, and a link is worth more than a clean text.
  if (/[?？]\s*$|https?:\/\//.test(sentence)) return sentence;
  const masked = maskQuoted(sentence);
  const body = withoutBracketed(sentence, masked, found);
  if (body !== sentence) return translateSentence(body, found);

  const ending = ENDING.exec(sentence)?.[0] ?? '';
  const clauses = readClauses(sentence.slice(0, sentence.length - ending.length), masked);
  const first = clauses.findIndex((clause) => clause.action !== null);
  if (first < 0) return sentence;
  const begin = leadInsBefore(clauses, masked, first);
  const aside = clauses.find(
    ({ start, end, action }, at) => at > first && !action && isAside(masked.slice(start, end)),
  );
  collect(sentence.slice(0, aside?.start), clauses, begin, found);

  const head = sentence.slice(0, clauses[begin - 1]?.end ?? 0).trimEnd();
  const tail = aside ? sentence.slice(aside.start, sentence.length - ending.length) : '';
  const parts = [head, asSentence(tail)].filter((part) => part !== '');
  return parts.map((part) => part + ending).join('');
}

function readClauses(body: string, masked: string): Clause[] {
  const clauses: Clause[] = [];
  let start = 0;
  for (const match of [...masked.slice(0, body.length).matchAll(SEPARATOR), null]) {
    const end = match?.index ?? body.length;
    clauses.push({ start, end, action: null });
    const at = clauses.length - 1;
    const from = clauses[leadInsBefore(clauses, masked, at)]?.start ?? start;
    const action = guiAction(masked.slice(start, end), masked.slice(from, end), body.slice(from, end));
    // "See the timeline: …": what to look at follows.
    const shown = action === 'state' && /[:：]/.test(match?.[0] ?? '');
    clauses[at] = { start, end, action: shown ? null : action };
    start = end + (match?.[0].length ?? 0);
  }
  return clauses;
}

/** The first of the clauses that only lead to the one at `at`; `at` itself where none does. */
function leadInsBefore(clauses: Clause[], masked: string, at: number): number {
  let begin = at;
  for (let clause = clauses[begin - 1]; clause && !clause.action; clause = clauses[begin - 1]) {
    if (!isLeadIn(masked.slice(clause.start, clause.end))) break;
    begin -= 1;
  }
  return begin;
}

/** One suggestion an instruction: its words up to the next one. */
function collect(said: string, clauses: Clause[], begin: number, found: SuggestedAction[]): void {
  const instructions = clauses.filter((clause) => clause.action !== null && clause.start < said.length);
  instructions.forEach(({ start, action }, at) => {
    const from = at === 0 ? (clauses[begin]?.start ?? start) : start;
    const words = said.slice(from, instructions[at + 1]?.start).replace(/(?:\s*[,;，；]|\s+(?:and|or|then))*\s*$/i, '');
    if (action) found.push({ action, text: asSentence(words) });
  });
}

/** Takes bracketed GUI talk out: "Your video is ready (click Export to download)." */
function withoutBracketed(sentence: string, masked: string, found: SuggestedAction[]): string {
  for (const match of masked.matchAll(/\s*[(（]([^()（）]{3,120})[)）]/g)) {
    const inner = match[1] ?? '';
    const from = match.index + match[0].indexOf(inner);
    const words = sentence.slice(from, from + inner.length);
    const action = guiAction(inner, inner, words);
    if (!action) continue;
    found.push({ action, text: asSentence(words) });
    return sentence.slice(0, match.index) + sentence.slice(match.index + match[0].length);
  }
  return sentence;
}

/** The words without bullets and connecting words before them, and with a capital letter. */
function asSentence(words: string): string {
  const bare = words
    .replaceAll(/\*\*|__/g, '')
    .replace(/^[^\p{L}\p{N}"“「【『《]+/u, '')
    .trimEnd()
    .replace(/^(?:and|so|then|or|but)\s+|^(?:或者?|并且?|也可以)+(?=告诉|让|跟|我)/i, '');
  return bare.charAt(0).toUpperCase() + bare.slice(1);
}
