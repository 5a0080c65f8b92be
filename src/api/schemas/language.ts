import { z } from 'zod';

/** A language as the upstream names it: `en`, `zh-CN`, `ja`. */
export const language = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'Must be an ISO code such as en or zh-CN.');
