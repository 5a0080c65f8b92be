import { z } from 'zod';
import { ACCOUNT_KINDS } from '../../lib/domain/register-url.ts';
import { listOf, moment, oneOf } from './answer.ts';

/** Credits at one moment, wherever they are shown. */
export const balance = {
  available: z.int().describe('Credits that can be spent.'),
  frozen: z.int().describe('Credits that turns under way have reserved.'),
  total: z.int().describe('available + frozen.'),
};

export const Balance = z
  .object(balance)
  .meta({ id: 'Balance', description: 'The credits of an account at one moment, whole numbers.' });

/** The characters of a bearer token (RFC 6750, 2.1), after the beginning that all of NemoVideo's have. */
const TOKEN = /^nmv_usr_[A-Za-z0-9._~+/-]{4,500}=*$/;

/** The body of `PUT /v1/account`. */
export const PutAccount = z
  .strictObject({
    token: z.string().regex(TOKEN, 'Must be a NemoVideo token: nmv_usr_….').describe('A registered NemoVideo token.'),
  })
  .meta({ examples: [{ token: 'nmv_usr_0123456789abcd' }] });

const kind = oneOf(...ACCOUNT_KINDS).describe('Whether it was registered with NemoVideo.');
const expires = moment.nullable().describe('When its token ends; null where no end is known.');
const register = z
  .string()
  .nullable()
  .describe('Where its owner can register an anonymous one; null where there is nothing to register.');

export const Account = z
  .object({
    object: z.literal('account').describe('Always `account`.'),
    kind,
    token_hint: z.string().nullable().describe("The end of the tenant's own registered token."),
    token_expires_at: expires,
    user_id: z.string().nullable().describe("NemoVideo's name for the user; null for one that is the operator's."),
    register_url: register,
  })
  .meta({ id: 'Account', description: 'The NemoVideo account with which the tenant opens sessions.' });

export const Credits = z
  .object({
    object: z.literal('credits').describe('Always `credits`.'),
    ...balance,
    as_of: moment.describe('When this was read.'),
    stale: z.boolean().describe('True: NemoVideo did not answer, this is what was read last.'),
    account: z.object({ kind, token_expires_at: expires }).describe('Whose credits these are.'),
    register_url: register,
  })
  .meta({ id: 'Credits', description: 'The credits of the account with which the tenant opens sessions.' });

const CreditSnapshot = z
  .object({
    id: z.string().describe('`snap_…`'),
    object: z.literal('credit_snapshot').describe('Always `credit_snapshot`.'),
    ...balance,
    as_of: moment.describe('When this was read.'),
    job_id: z.string().nullable().describe('The job that read it; null: a client did.'),
  })
  .meta({ id: 'CreditSnapshot', description: 'One reading of the credits.' });

export const CreditSnapshotList = listOf('CreditSnapshotList', CreditSnapshot);
