import { apology } from './scenarios/apology.ts';
import { big } from './scenarios/big.ts';
import { creditsSlow } from './scenarios/credits-slow.ts';
import { cut } from './scenarios/cut.ts';
import { cutCancel } from './scenarios/cut-cancel.ts';
import { cutLost } from './scenarios/cut-lost.ts';
import { empty200 } from './scenarios/empty-200.ts';
import { error } from './scenarios/error.ts';
import { errorBroken } from './scenarios/error-broken.ts';
import { errorEmpty } from './scenarios/error-empty.ts';
import { errorFatal } from './scenarios/error-fatal.ts';
import { errorMidText } from './scenarios/error-mid-text.ts';
import { errorSystem } from './scenarios/error-system.ts';
import { export402 } from './scenarios/export-402.ts';
import { heartbeats } from './scenarios/heartbeats.ts';
import { heartbeatsOnly } from './scenarios/heartbeats-only.ts';
import { html500 } from './scenarios/html-500.ts';
import { noChange } from './scenarios/no-change.ts';
import { noContent } from './scenarios/no-content.ts';
import { noCreditsStory } from './scenarios/no-credits.ts';
import { ok } from './scenarios/ok.ts';
import { rateLimited } from './scenarios/rate-limited.ts';
import { renderDeadUrl } from './scenarios/render-dead-url.ts';
import { renderDuplicate } from './scenarios/render-duplicate.ts';
import { renderFails } from './scenarios/render-fails.ts';
import { renderFailsOnce } from './scenarios/render-fails-once.ts';
import { renderForgotten } from './scenarios/render-forgotten.ts';
import { renderLostAnswer } from './scenarios/render-lost-answer.ts';
import { renderNoUrl } from './scenarios/render-no-url.ts';
import { renderSlow } from './scenarios/render-slow.ts';
import { renderStuck } from './scenarios/render-stuck.ts';
import { sessionGone } from './scenarios/session-gone.ts';
import { silent } from './scenarios/silent.ts';
import { silentEmpty } from './scenarios/silent-empty.ts';
import { silentStop } from './scenarios/silent-stop.ts';
import { silentUsage } from './scenarios/silent-usage.ts';
import { stall } from './scenarios/stall.ts';
import { text } from './scenarios/text.ts';
import { thought } from './scenarios/thought.ts';
import { tokenExpired } from './scenarios/token-expired.ts';
import { toolError } from './scenarios/tool-error.ts';
import { unicode } from './scenarios/unicode.ts';
import { wrongType } from './scenarios/wrong-type.ts';
import type { Story } from './story.ts';

/** By the word that chooses it. */
export const STORIES: ReadonlyMap<string, Story> = new Map(
  Object.entries({
    ok,
    thought,
    unicode,
    big,
    apology,
    silent,
    'silent-usage': silentUsage,
    'silent-stop': silentStop,
    'silent-empty': silentEmpty,
    'no-content': noContent,
    heartbeats,
    'heartbeats-only': heartbeatsOnly,
    stall,
    cut,
    'cut-lost': cutLost,
    'cut-cancel': cutCancel,
    'no-credits': noCreditsStory,
    'credits-slow': creditsSlow,
    error,
    'error-fatal': errorFatal,
    'error-broken': errorBroken,
    'error-empty': errorEmpty,
    'error-system': errorSystem,
    'error-mid-text': errorMidText,
    'tool-error': toolError,
    'no-change': noChange,
    text,
    'html-500': html500,
    'wrong-type': wrongType,
    'rate-limited': rateLimited,
    'empty-200': empty200,
    'session-gone': sessionGone,
    'token-expired': tokenExpired,
    'render-fails-once': renderFailsOnce,
    'render-fails': renderFails,
    'render-slow': renderSlow,
    'render-stuck': renderStuck,
    'render-no-url': renderNoUrl,
    'render-dead-url': renderDeadUrl,
    'render-duplicate': renderDuplicate,
    'render-lost-answer': renderLostAnswer,
    'render-forgotten': renderForgotten,
    'export-402': export402,
  }),
);
