import { cut } from './scenarios/cut.ts';
import { cutCancel } from './scenarios/cut-cancel.ts';
import { cutLost } from './scenarios/cut-lost.ts';
import { empty200 } from './scenarios/empty-200.ts';
import { error } from './scenarios/error.ts';
import { errorFatal } from './scenarios/error-fatal.ts';
import { export402 } from './scenarios/export-402.ts';
import { heartbeats } from './scenarios/heartbeats.ts';
import { heartbeatsOnly } from './scenarios/heartbeats-only.ts';
import { html500 } from './scenarios/html-500.ts';
import { noChange } from './scenarios/no-change.ts';
import { noCreditsStory } from './scenarios/no-credits.ts';
import { ok } from './scenarios/ok.ts';
import { rateLimited } from './scenarios/rate-limited.ts';
import { renderFails } from './scenarios/render-fails.ts';
import { renderFailsOnce } from './scenarios/render-fails-once.ts';
import { renderSlow } from './scenarios/render-slow.ts';
import { silent } from './scenarios/silent.ts';
import { silentEmpty } from './scenarios/silent-empty.ts';
import { silentStop } from './scenarios/silent-stop.ts';
import { silentUsage } from './scenarios/silent-usage.ts';
import { text } from './scenarios/text.ts';
import type { Story } from './story.ts';

/** By the word that chooses it. */
export const STORIES: ReadonlyMap<string, Story> = new Map(
  Object.entries({
    ok,
    silent,
    'silent-usage': silentUsage,
    'silent-stop': silentStop,
    'silent-empty': silentEmpty,
    heartbeats,
    'heartbeats-only': heartbeatsOnly,
    cut,
    'cut-lost': cutLost,
    'cut-cancel': cutCancel,
    'no-credits': noCreditsStory,
    error,
    'error-fatal': errorFatal,
    'no-change': noChange,
    text,
    'html-500': html500,
    'rate-limited': rateLimited,
    'empty-200': empty200,
    'render-fails-once': renderFailsOnce,
    'render-fails': renderFails,
    'render-slow': renderSlow,
    'export-402': export402,
  }),
);
