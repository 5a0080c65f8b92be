import { ordinaryRun } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** Characters that some readers take for the end of a line, and words that look like an event (sse.md, trap 20). */
const TEXT = '红狐在雪地里。 line\u2028paragraph\u2029next\u0085mark\ufeffend, 🦊 data: {"type":"error"} 完成';
/** In the middle of the fox: only both halves together are a character (trap 6). */
const CUT = TEXT.indexOf('🦊') + 1;

/** All goes well, and the last words are hard to read. */
export const unicode: Story = {
  *steps(work) {
    const words = { text: TEXT, chunks: [TEXT.slice(0, CUT), TEXT.slice(CUT)] };
    for (const step of ordinaryRun(work)) yield step.does === 'say' ? { does: 'say', ...words } : step;
  },
};
