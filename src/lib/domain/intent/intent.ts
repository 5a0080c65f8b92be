import { MASK, maskQuoted } from '../sentences.ts';
import { chineseIntent } from './chinese.ts';
import { englishIntent } from './english.ts';

export type Intent = 'generate' | 'export' | 'upload' | 'credits' | 'state';

/** Nobody instructs at such length. In characters. */
const MAX_LOOKED_AT = 200;

/**
 * What the words of a message ask for (api.md, "Messages"; keywords of the router table in nemovideo-api.md). In doubt
 * it is a message for the agent, which can answer anything, except where that would charge for a plain question.
 * Quoted words are content: `add the title "Export"`.
 */
export function readIntent(text: string, { hasAssets }: { hasAssets: boolean }): Intent {
  const said = text.trim();
  if (said === '') return hasAssets ? 'upload' : 'generate';
  if (said.length > MAX_LOOKED_AT) return 'generate';
  const words = maskQuoted(said).replaceAll(MASK, ' § ').toLowerCase().replaceAll('’', "'");
  const intent = /\p{Script=Han}/u.test(words) ? chineseIntent(words) : englishIntent(words);
  // A file that comes with any other words is material for them.
  if (hasAssets && intent !== 'upload') return 'generate';
  return intent ?? 'generate';
}
