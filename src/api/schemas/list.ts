import { z } from 'zod';
import { type IdPrefix, isId } from '../../lib/ids.ts';

const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 20;
const LIMIT_FAULT = `Must be a whole number from 1 to ${MAX_LIMIT}.`;

/** The query of a list: how many, and after which one. Filters are added with `.extend`. */
export function listQuery(prefix: IdPrefix) {
  return z.strictObject({
    limit: z.coerce
      .number(LIMIT_FAULT)
      .int(LIMIT_FAULT)
      .min(1, LIMIT_FAULT)
      .max(MAX_LIMIT, LIMIT_FAULT)
      .default(DEFAULT_LIMIT)
      .describe('How many at most.'),
    starting_after: idOf(prefix).optional().describe('The last one of the page before.'),
  });
}

/** What the database and our ids can hold. In ms since 1970. */
const LATEST_MS = Date.UTC(9999, 0);

/** A moment. */
export const time = z.iso
  .datetime({ offset: true, abort: true, error: 'Must be a time such as 2026-11-21T12:00:00Z.' })
  .refine((text) => Date.parse(text) >= 0 && Date.parse(text) < LATEST_MS, 'Must be a time from 1970 to 9998.')
  .transform((text) => new Date(text));

/** An id of that type, whether there is such a thing or not. */
export function idOf(prefix: IdPrefix) {
  return z.string('Must be one id.').refine((id) => isId(id, prefix), `Must be an id such as ${prefix}_….`);
}

/** The path of one thing. Its id is looked up, and need not be well-formed. */
export function pathOf(prefix: IdPrefix) {
  return z.object({ id: z.string().meta({ description: `The id: \`${prefix}_…\`.` }) });
}

type ListQuery = z.output<ReturnType<typeof listQuery>>;

/** What Prisma needs for one page, newest first (ids sort by time): one row more than is shown tells of the next page. */
export function pageOf({ limit, starting_after }: ListQuery) {
  return {
    where: starting_after === undefined ? {} : { id: { lt: starting_after } },
    orderBy: { id: 'desc' as const },
    take: limit + 1,
  };
}

/** The answer to `pageOf`. */
export function listView<Row, View>(rows: readonly Row[], { limit }: ListQuery, view: (row: Row) => View) {
  return { object: 'list' as const, data: rows.slice(0, limit).map(view), has_more: rows.length > limit };
}
