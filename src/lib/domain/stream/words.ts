import { isApology } from './apology.ts';
import type { TurnFold } from './fold.ts';

/**
 * Everything the agent said to the user, in order, a blank line between its texts; thoughts are not in it.
 * `incomplete`: it ends in, or holds, something that broke off. A closing "I encountered a temporary issue" is noise
 * when anything else was said or done before it (sse.md, trap 22), and the answer when it is all there is.
 */
export function turnText(fold: TurnFold): { text: string; incomplete: boolean } {
  const said = passages(fold);
  const didSomething = fold.stateTouched || fold.toolResponses > fold.toolFailures;
  const words = withoutApology(said);
  const kept = words.length > 0 || didSomething ? words : said;
  return {
    text: kept.map((passage) => passage.text).join('\n\n'),
    incomplete: fold.truncated || kept.some((passage) => !passage.final),
  };
}

/** Whether the agent said anything after its last error event that is more than an apology (api.md, Jobs). */
export function answeredSinceError(fold: TurnFold): boolean {
  return withoutApology(passages({ ...fold, texts: fold.texts.slice(fold.textsBeforeError) })).length > 0;
}

type Passage = { text: string; final: boolean };

function passages(fold: TurnFold): Passage[] {
  const drafts = fold.drafts.map((draft) => ({ text: draft.text, final: false }));
  const said = [...fold.texts, ...drafts].map(({ text, final }) => ({ text: text.trim(), final }));
  // A broken-off draft that the agent then said in full is not said twice.
  return said.filter(({ text, final }, at) => text !== '' && (final || !said[at + 1]?.text.startsWith(text)));
}

function withoutApology(said: Passage[]): Passage[] {
  const end = said.findLastIndex((passage) => !isApology(passage.text));
  return said.slice(0, end + 1);
}
