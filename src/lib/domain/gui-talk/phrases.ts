import { MASK } from '../sentences.ts';
import type { GuiAction } from './action.ts';
import { chineseAction, isChineseAside, isChineseLeadIn } from './chinese.ts';
import { englishAction, isEnglishAside, isEnglishLeadIn } from './english.ts';

/** A quotation that is no longer may be the name of a button. In characters. */
const MAX_NAME = 24;

/**
 * The action that a clause asks a GUI user to take, or null. `clause` and `context` (the clause with the lead-ins
 * before it) have their quotations masked; `original` is the context as it was written.
 */
export function guiAction(clause: string, context: string, original: string): GuiAction | null {
  const words = bare(clause);
  const readable = context.replaceAll(new RegExp(`${MASK}+`, 'g'), (span: string, at: number) =>
    span.length <= MAX_NAME ? original.slice(at, at + span.length) : span,
  );
  return isChinese(words) ? chineseAction(words, context, readable) : englishAction(words, readable);
}

/** Whether a clause only leads to the instruction behind it. */
export function isLeadIn(clause: string): boolean {
  const words = bare(clause);
  return words === '' || (isChinese(words) ? isChineseLeadIn(words) : isEnglishLeadIn(words));
}

/** Whether a clause behind an instruction still tells the client something. */
export function isAside(clause: string): boolean {
  const words = bare(clause);
  return isChinese(words) ? isChineseAside(words) : isEnglishAside(words);
}

/** Without the bullets, emoji and keycaps that instructions are decorated with; quotations stay. */
function bare(clause: string): string {
  return clause.replace(/^(?:\d\uFE0F?\u20E3|[^\p{L}\p{N}])+/u, '').trim();
}

function isChinese(clause: string): boolean {
  return /\p{Script=Han}/u.test(clause);
}
