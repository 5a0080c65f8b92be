import { FAILURES, type FailureAction, type FailureCode } from '../../lib/domain/failures.ts';
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
  replace_token:
    "Set a new token: `PUT /v1/account`. Where you have set none, it is the operator's (`NEMO_TOKEN`): tell the operator.",
};

type WithoutAction = {
  [Code in FailureCode]: (typeof FAILURES)[Code]['action'] extends null ? Code : never;
}[FailureCode];
/** Where `error.action` is null: what a person can do. */
const ADVICE: Readonly<Record<WithoutAction, string>> = {
  unsupported_file: 'Send a file of another kind; `GET /v1/skills` says what each skill takes.',
  session_not_found: 'Submit the job without `session_id`: it gets a new session.',
  upstream_rejected: "Change what you ask for. `error.upstream` has the status and code of NemoVideo's answer.",
  draft_not_ready: 'Generate something in the session first, then export it.',
  batch_credit_limit: 'Submit the rest in a new batch with a larger `max_credits`.',
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
    rows: Object.keys(FAILURES)
      .map((code) => code as FailureCode)
      .map((code) => ({
        code,
        anchor: !(code in PROBLEMS),
        cells: [FAILURES[code].message, FAILURES[code].retryable ? 'yes' : 'no', adviceOn(code)],
      })),
  },
];

function adviceOn(code: FailureCode): string {
  const { action } = FAILURES[code];
  return action === null ? ADVICE[code as WithoutAction] : ACTIONS[action];
}
