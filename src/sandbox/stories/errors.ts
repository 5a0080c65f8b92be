import { toolCall } from '../agent/tool-call.ts';
import type { Death, Stories, Story } from './story.ts';

/** Something goes wrong in the middle: nothing is changed and nothing charged. */
export const errorStories: Stories = {
  /** An error event, which does not end the run, then words. */
  error: {
    kind: 'answer',
    *steps({ pace }) {
      yield { does: 'wait', ms: 4_000 * pace };
      yield { does: 'err', code: 'UNKNOWN_ERROR', message: 'upstream model connection reset: "socket hang up"' };
      yield { does: 'wait', ms: 3_000 * pace };
      yield { does: 'say', text: 'I could not reach the video model, so nothing was changed. Please ask me again.' };
    },
  },

  /** The run dies in the middle of its words. */
  'error-fatal': dyingMidWords('frame', 'fatal: "agent" 失败\nsecond line'),
  /** The same with `{}`: what adk-js makes of a thrown non-error (sse.md, trap 9). */
  'error-empty': dyingMidWords('empty', ''),
  /** The run dies, and its error frame is no valid JSON, as adk-python 1.4 wrote it (sse.md, trap 9). */
  'error-broken': dying('broken', 'it said "no"'),
  /** The run dies, and its error looks like an answer, by the author "system" (sse.md, trap 9). */
  'error-system': dying('system', 'the model is overloaded'),

  /** Half a text in pieces, then an error event, and the rest never comes (sse.md, trap 3). */
  'error-mid-text': {
    isStreaming: true,
    isFree: true,
    *steps({ pace }) {
      yield { does: 'wait', ms: 3_000 * pace };
      yield { does: 'begin', text: 'I will start with a wide shot of the scene and then move in slowly.' };
      yield { does: 'wait', ms: 2_000 * pace };
      yield { does: 'err', code: 'UNAVAILABLE', message: 'the model is overloaded' };
    },
  },

  /** A tool answers with an error, which is ordinary data (sse.md, trap 10), and the agent explains it. */
  'tool-error': {
    isFree: true,
    *steps({ pace }) {
      const call = toolCall('edit_multitrack', { op: 'add_bgm', mood: 'calm' });
      yield { does: 'wait', ms: 2_000 * pace };
      yield { does: 'call', call };
      yield { does: 'wait', ms: 6_000 * pace };
      const error = "Error in tool 'edit_multitrack': no audio source for mood calm";
      yield { does: 'result', call, response: { error }, writes: {} };
      yield { does: 'wait', ms: 2_000 * pace };
      yield { does: 'say', text: 'I found no music for this mood, so nothing was changed. Which mood would you like?' };
    },
  },

  /** A tool runs, changes nothing, and the stream closes without a word. */
  'no-change': {
    isFree: true,
    *steps({ pace }) {
      const call = toolCall('edit_multitrack', { op: 'inspect' });
      yield { does: 'wait', ms: 2_000 * pace };
      yield { does: 'call', call };
      yield { does: 'wait', ms: 8_000 * pace };
      yield { does: 'result', call, response: { status: 'success', op: 'inspect', changed: [] }, writes: {} };
    },
  },

  /** An event stream that closes without a single event (sse.md, trap 11). */
  'empty-200': { isFree: true, steps: () => [] },
};

function dying(death: Death, message: string): Story {
  return {
    isFree: true,
    *steps({ pace }) {
      yield { does: 'wait', ms: 8_000 * pace };
      yield { does: 'die', death, message };
    },
  };
}

function dyingMidWords(death: Death, message: string): Story {
  return {
    isFree: true,
    *steps({ pace }) {
      yield { does: 'wait', ms: 3_000 * pace };
      yield { does: 'say', text: 'Starting to work on it.' };
      yield { does: 'wait', ms: 5_000 * pace };
      yield { does: 'die', death, message };
    },
  };
}
