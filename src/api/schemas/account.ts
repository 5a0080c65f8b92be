import { z } from 'zod';

/** The characters of a bearer token (RFC 6750, 2.1), after the beginning that all of NemoVideo's have. */
const TOKEN = /^nmv_usr_[A-Za-z0-9._~+/-]{4,500}=*$/;

/** The body of `PUT /v1/account`. */
export const PutAccount = z.strictObject({
  token: z.string().regex(TOKEN, 'Must be a NemoVideo token: nmv_usr_….'),
});
