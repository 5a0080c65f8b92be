import { FAILURES, type FailureAction } from '../../lib/domain/failures.ts';
import { PROBLEMS } from '../../lib/errors.ts';

/** A line of a table of codes. `anchor`: addresses lead here; a code may be that of a request and of a job. */
type Row = { code: string; anchor: boolean; cells: string[] };
type Chapter = { title: string; introduction: string; columns: string[]; rows: Row[] };

const ACTIONS: Readonly<Record<FailureAction, string>> = {
  retry: 'Retry the job.',
  register: 'Register the account at the address that comes with it.',
  top_up: 'Buy credits; an anonymous account is registered first.',
  upgrade: 'Upgrade the plan; an anonymous account is registered first.',
  shrink_file: 'Send a smaller file.',
  replace_token: 'Set a new token: `PUT /v1/account`.',
};

/** Every code that a client can meet: of requests, and of jobs. The one source of docs/errors.md and /docs/errors. */
export const ERROR_CHAPTERS: readonly Chapter[] = [
  {
    title: 'Errors of requests',
    introduction:
      'The `code` of a problem document (RFC 9457, `application/problem+json`). It is stable; `title` and `detail` are for people.',
    columns: ['code', 'status', 'means', 'what to do'],
    rows: Object.entries(PROBLEMS)
      .sort(([, a], [, b]) => a.status - b.status)
      .map(([code, { status, title, help }]) => ({ code, anchor: true, cells: [String(status), `${title}.`, help] })),
  },
  {
    title: 'Failures of jobs',
    introduction: 'The `error.code` of a job that failed. `charged` of the job says whether it cost credits.',
    columns: ['code', 'means', 'a retry can help', 'what to do'],
    rows: Object.entries(FAILURES).map(([code, { message, retryable, action }]) => ({
      code,
      anchor: !(code in PROBLEMS),
      cells: [message, retryable ? 'yes' : 'no', action === null ? 'Nothing by itself.' : ACTIONS[action]],
    })),
  },
];
