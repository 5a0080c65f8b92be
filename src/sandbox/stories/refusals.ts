import { noCredits, Refusal, refusal, sessionNotFound } from '../refusal.ts';
import type { Incoming, Stories, Story } from './story.ts';

const PAGE = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

/** The message is answered with something else than a stream; nothing has happened. */
export const refusalStories: Stories = {
  /** HTTP 200 with code 2001. */
  'no-credits': { refuse: () => noCredits() },
  /** The error page of a proxy in front. */
  'html-500': { refuse: () => new Refusal(502, PAGE) },
  /** A success, but no stream. */
  'wrong-type': { refuse: () => new Refusal(200, { code: 0 }) },

  'rate-limited': onceForEachText(
    () => new Refusal(429, { code: 429, message: 'too many requests' }, { 'retry-after': '1' }),
  ),
  /** The upstream has lost the session. */
  'session-gone': onceForEachText(({ sessionId, forgetSession }) => {
    forgetSession();
    return sessionNotFound(sessionId);
  }),
  /** The token expires with the message. A registered one is only refused. */
  'token-expired': onceForEachText(({ expireToken }) => {
    expireToken();
    return refusal(401, 1001, 'token has expired');
  }),
};

/** Sent again, it is a message like any other. */
function onceForEachText(answer: (incoming: Incoming) => Refusal): Story {
  return {
    refuse(incoming) {
      const { text, refused } = incoming;
      if (refused.has(text)) return null;
      refused.add(text);
      return answer(incoming);
    },
  };
}
