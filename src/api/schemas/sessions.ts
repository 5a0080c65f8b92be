import { z } from 'zod';
import { DEFAULT_SKILL } from '../../lib/skills.ts';

const MAX_NAME = 200;

/** The body of `POST /v1/sessions`; all of it may be left out. */
export const CreateSession = z.preprocess(
  (body) => body ?? {},
  z.strictObject({
    skill: z.string().default(DEFAULT_SKILL),
    language: z
      .string()
      .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'Must be an ISO code such as en or zh-CN.')
      .default('en'),
    name: z
      .string()
      .max(MAX_NAME)
      .refine((name) => name.trim() !== '', 'Must say something.')
      .nullish(),
  }),
);

export const SessionParams = z.object({ id: z.string() });
