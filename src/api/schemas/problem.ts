import { z } from 'zod';
import { PROBLEMS } from '../../lib/errors.ts';

/** The body of every error (send-problem.ts); as `Problem`, it is part of the OpenAPI document of every route. */
export const ProblemDocument = z
  .object({
    type: z.string().describe('The page that tells what the code means.'),
    title: z.string().describe('The code in words.'),
    status: z.int().describe('The HTTP status.'),
    detail: z.string().describe('What went wrong this time.'),
    code: z
      .string()
      .meta({ enum: Object.keys(PROBLEMS) })
      .describe('Stable; what a program decides by.'),
    instance: z.string().describe('The path that was asked for; empty where none could be read.'),
    request_id: z.string().describe('Finds the request in the logs.'),
    existing: z.string().optional().describe('The address of what is there already, where that is in the way.'),
    errors: z
      .array(
        z.object({
          pointer: z.string().describe('A JSON Pointer into the body, `?name` of the query, or the name of a header.'),
          detail: z.string().describe('What is wrong there.'),
        }),
      )
      .optional()
      .describe('The faults of the request: the first 100, or of a batch one of every bad job where there are more.'),
  })
  .meta({ id: 'Problem', description: 'What went wrong (RFC 9457).' });
export type ProblemDocument = z.output<typeof ProblemDocument>;
