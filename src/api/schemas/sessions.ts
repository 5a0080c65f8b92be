import { z } from 'zod';
import { DEFAULT_SKILL } from '../../lib/skills.ts';
import { language } from './language.ts';

const MAX_NAME = 200;

/** The body of `POST /v1/sessions`; all of it may be left out. */
export const CreateSession = z.preprocess(
  (body) => body ?? {},
  z.strictObject({
    skill: z.string().default(DEFAULT_SKILL),
    /** Left out: that of the first job's prompt. */
    language: language.nullish(),
    name: z
      .string()
      .max(MAX_NAME)
      .refine((name) => name.trim() !== '', 'Must say something.')
      .nullish(),
  }),
);

export const SessionParams = z.object({ id: z.string() });
