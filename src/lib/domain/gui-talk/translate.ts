import type { SuggestedAction } from '../job.ts';
import { splitSentences } from '../sentences.ts';
import { translateSentence } from './sentence.ts';

/** A line that only opens a list. */
const OPENS_LIST = /[:：]\s*(?:\*\*)?\s*$/;
const BULLET = /^\s*(?:(?:[-*•·▶►➡→👉#>]\uFE0F?)+\s+|\d{1,2}(?:[.)]\s+|、\s*))+(?=\S)/u;
/** Steps that go on with a list of GUI instructions, and mean nothing without it. */
const FURTHER_STEP =
  /^(?:then\s+)?(?:choose|select|pick|set|wait|confirm|enter|save|download|hit|press)\b|^(?:选择|设置|等待|确认|输入|保存|下载)/i;

/**
 * Takes what the agent tells a GUI user to do out of its text, and gives it as actions that this API has
 * (nemovideo-api.md, "What the upstream tells a GUI user"); `text` of an action is what the agent said. Descriptions
 * of content stay as they are; a text without GUI talk comes back unchanged. English and Chinese.
 */
export function translateGuiTalk(text: string): { text: string; suggestedActions: SuggestedAction[] } {
  const found: SuggestedAction[] = [];
  const kept: Line[] = [];
  let inCode = false;
  for (const line of text.split('\n')) {
    const fence = line.trimStart().startsWith('```');
    if (fence) inCode = !inCode;
    const literal = fence || inCode || line.trimStart().startsWith('|');
    kept.push(literal ? { text: line, gone: false } : translateLine(line, kept.at(-1), found));
  }
  if (found.length === 0) return { text, suggestedActions: [] };
  const lines = kept.filter((line, at) => !line.gone && !opensGoneList(kept, at)).map((line) => line.text);
  return {
    text: lines
      .join('\n')
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim(),
    suggestedActions: distinct(found),
  };
}

/** `gone`: the line was GUI talk and nothing else. */
type Line = { text: string; gone: boolean };

function translateLine(line: string, previous: Line | undefined, found: SuggestedAction[]): Line {
  const bullet = BULLET.exec(line)?.[0] ?? '';
  const body = line.slice(bullet.length);
  if (bullet !== '' && previous?.gone && FURTHER_STEP.test(body)) return { text: '', gone: true };
  const rest = splitSentences(body)
    .map((sentence) => translateSentence(sentence, found))
    .join('');
  if (rest === body) return { text: line, gone: false };
  return { text: `${bullet}${rest.trimEnd()}`, gone: rest.trim() === '' };
}

function opensGoneList(lines: Line[], at: number): boolean {
  return OPENS_LIST.test(lines[at]?.text ?? '') && lines[at + 1]?.gone === true;
}

function distinct(actions: SuggestedAction[]): SuggestedAction[] {
  return [...new Map(actions.map((item) => [`${item.action} ${item.text}`, item])).values()];
}
