import { z } from 'zod';
import { exportOptions, GenerateJob, MAX_PROMPT } from './jobs.ts';

/**
 * The body of `POST /v1/messages`: words, and whatever a job takes. What the words do not ask for is not used: nobody
 * knows beforehand what they will.
 */
export const SendMessage = GenerateJob.omit({ type: true, prompt: true }).extend({
  text: z.string().max(MAX_PROMPT).default(''),
  /** Of an export that the words ask for; those of `export` where they are left out. */
  format: exportOptions.format.unwrap().optional(),
  quality: exportOptions.quality.unwrap().optional(),
});
export type SendMessage = z.output<typeof SendMessage>;
