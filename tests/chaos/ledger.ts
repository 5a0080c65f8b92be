/** What a run leaves behind, on every side. `n`: the number of a wish; null where a row bears none. */
export type Ledger = {
  /** What the client was answered. */
  submissions: { n: string; jobId: string }[];
  jobs: {
    id: string;
    n: string | null;
    type: string;
    status: string;
    charged: string;
    /** In credits, and how sure we are of them. */
    cost: number | null;
    certainty: string;
    turnState: string;
  }[];
  /** Every POST of a message that the upstream has seen, in order. `refusal` null and `refused`: a reset. */
  sends: {
    n: string | null;
    status: string;
    refusal: { status: number; code: number | null } | null;
    charged: number;
  }[];
  renders: { id: string; jobId: string; state: string }[];
  upstreamRenders: { id: string; accepted: boolean; status: string }[];
  upstreamUploads: { session: string; filename: string }[];
  /** Terminal ones only, as the following two. */
  events: { id: string; jobId: string; type: string }[];
  messages: { id: string; eventId: string; status: string }[];
  /** What the client's receiver heard, as often as it came. */
  heard: { webhookId: string; type: string; jobId: string }[];
};

export type OddRow = { rule: string; about: string; why: string };

type Found = { about: string; why: string };

const TERMINAL = new Set(['succeeded', 'failed', 'canceled', 'expired']);
/** HTTP statuses after which no turn can have begun (nemovideo-api.md); with HTTP 200 it is any code but 0. */
const REFUSING_STATUSES = new Set([400, 401, 402, 404, 413, 422, 429]);
/** What the upstream still works on. */
const RUNNING = new Set(['pending', 'processing']);
/** What we have done with. */
const SETTLED = new Set(['completed', 'failed', 'canceled']);
/** A failed render, or a duplicate id, gets a second one; there is no third. */
const MAX_RENDERS = 2;

const RULES: Record<string, (ledger: Ledger) => Found[]> = {
  accepted_once: acceptedOnce,
  ended: ({ jobs }) =>
    jobs.filter((job) => !TERMINAL.has(job.status)).map((job) => ({ about: job.id, why: `is still ${job.status}` })),
  sent_once: sentOnce,
  sent_as_told: sentAsTold,
  charged_as_told: chargedAsTold,
  rendered_once: renderedOnce,
  no_forgotten_render: noForgottenRender,
  uploaded_once: ({ upstreamUploads }) =>
    repeated(upstreamUploads.map(({ session, filename }) => `${session}/${filename}`)).map((about) => ({
      about,
      why: 'was uploaded more than once',
    })),
  ended_once: endedOnce,
  told_once: toldOnce,
};

/** Where the sides do not agree; empty: the ledger balances. */
export function oddRows(ledger: Ledger): OddRow[] {
  return Object.entries(RULES).flatMap(([rule, find]) => find(ledger).map((found) => ({ rule, ...found })));
}

/** An accepted wish is one job, however often it was submitted; no job comes from nowhere. */
function acceptedOnce({ submissions, jobs }: Ledger): Found[] {
  const found: Found[] = [];
  const wished = new Set(submissions.map(({ n }) => n));
  for (const { n, jobId } of submissions) {
    const own = jobs.filter((job) => job.n === n);
    if (own.length > 1) found.push({ about: n, why: `is ${own.length} jobs` });
    if (!own.some(({ id }) => id === jobId)) found.push({ about: n, why: `${jobId} is lost` });
  }
  const strangers = jobs.filter(({ n }) => n === null || !wished.has(n));
  return [...found, ...strangers.map(({ id }) => ({ about: id, why: 'nobody has submitted it' }))];
}

/** Of a job's messages only the last may have been taken; those before it were refused in so many words. */
function sentOnce({ jobs, sends }: Ledger): Found[] {
  return jobs.flatMap(({ id, n }) => {
    const own = sends.filter((send) => send.n === n);
    const unproven = own.slice(0, -1).filter((send) => !isRefused(send));
    return unproven.map(({ status }) => ({ about: id, why: `was sent again after a message that was ${status}` }));
  });
}

/** What the upstream has taken, we know of; what we say we never sent, it has not. */
function sentAsTold({ jobs, sends }: Ledger): Found[] {
  const known = new Set(jobs.map(({ n }) => n));
  const strays = sends.filter(({ n }) => n === null || !known.has(n));
  const found = strays.map(({ n }) => ({ about: `${n}`, why: 'was sent, and there is no such job' }));
  for (const { id, n, type, status, turnState } of jobs) {
    const taken = sends.some((send) => send.n === n && !isRefused(send));
    if (taken && turnState === 'unsent') found.push({ about: id, why: 'was sent and says that it was not' });
    if (!taken && type === 'generate' && status === 'succeeded') found.push({ about: id, why: 'succeeded unsent' });
  }
  return found;
}

/** `yes` and `no` are certain, an exact cost is the very sum, and a bounded one is no less than it. */
function chargedAsTold({ jobs, sends }: Ledger): Found[] {
  return jobs.flatMap(({ id, n, charged, cost, certainty }) => {
    const real = sends.filter((send) => send.n === n).reduce((sum, send) => sum + send.charged, 0);
    const told = { about: id, why: `says charged ${charged}, ${certainty} ${cost}; the upstream charged ${real}` };
    const isWrong =
      (charged === 'yes' && real === 0) ||
      (charged === 'no' && real > 0) ||
      (certainty === 'exact' && cost !== real) ||
      (certainty === 'bounded' && cost !== null && cost < real);
    return isWrong ? [told] : [];
  });
}

/** A job has one render, or a second one after the first has failed or was refused. */
function renderedOnce({ renders, upstreamRenders }: Ledger): Found[] {
  const accepted = new Map(upstreamRenders.filter((render) => render.accepted).map((render) => [render.id, render]));
  return [...new Set(renders.map(({ jobId }) => jobId))].flatMap((jobId) => {
    const own = renders.flatMap((render) => (render.jobId === jobId ? (accepted.get(render.id) ?? []) : []));
    const good = own.filter(({ status }) => status !== 'failed' && status !== 'canceled');
    const isOdd = own.length > MAX_RENDERS || good.length > 1;
    return isOdd ? [{ about: jobId, why: `has ${own.length} renders upstream, ${good.length} of them good` }] : [];
  });
}

/** Whatever the upstream renders, we have written down that we asked for it. */
function noForgottenRender({ jobs, renders, upstreamRenders }: Ledger): Found[] {
  const canceled = new Set(jobs.filter(({ status }) => status === 'canceled').map(({ id }) => id));
  const ours = new Map(renders.map((render) => [render.id, render]));
  return upstreamRenders.flatMap(({ id, accepted, status }) => {
    if (!accepted) return [];
    const row = ours.get(id);
    if (!row) return [{ about: id, why: `is ${status} upstream, and we do not know it` }];
    if (row.state === 'planned') return [{ about: id, why: `is ${status} upstream, and planned here` }];
    const isForgotten = SETTLED.has(row.state) || canceled.has(row.jobId);
    return RUNNING.has(status) && isForgotten
      ? [{ about: id, why: `is ${status} upstream, and ${row.state} here` }]
      : [];
  });
}

function endedOnce({ jobs, events }: Ledger): Found[] {
  return jobs.flatMap(({ id, status }) => {
    const own = events.filter(({ jobId }) => jobId === id).map(({ type }) => type);
    const isRight = own.length === 1 && own[0] === `job.${status}`;
    return isRight ? [] : [{ about: id, why: `is ${status} and has the ends ${own.join(', ') || 'none'}` }];
  });
}

/** One message an end, heard under its one id by who asked for it, and never another end. */
function toldOnce({ jobs, events, messages, heard }: Ledger): Found[] {
  return jobs.flatMap(({ id, status }) => {
    const ends = new Set(events.filter(({ jobId }) => jobId === id).map((event) => event.id));
    const written = messages.filter(({ eventId }) => ends.has(eventId)).map((message) => message.id);
    const told = heard.filter(({ jobId }) => jobId === id);
    const ids = new Set(told.map(({ webhookId }) => webhookId));
    const [only] = written;
    if (written.length !== 1 || only === undefined)
      return [{ about: id, why: `has ${written.length} webhook messages` }];
    if (ids.size !== 1 || !ids.has(only))
      return [{ about: id, why: `wrote ${only} and was told as ${[...ids].join(', ')}` }];
    const wrong = told.find(({ type }) => type !== `job.${status}`);
    return wrong ? [{ about: id, why: `is ${status} and was told as ${wrong.type}` }] : [];
  });
}

function isRefused({ status, refusal }: Ledger['sends'][number]): boolean {
  if (status !== 'refused' || refusal === null) return false;
  return (
    REFUSING_STATUSES.has(refusal.status) || (refusal.status === 200 && refusal.code !== null && refusal.code !== 0)
  );
}

function repeated(items: string[]): string[] {
  return [...new Set(items.filter((item, index) => items.indexOf(item) !== index))];
}
