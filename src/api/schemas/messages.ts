import { z } from 'zod';
import { Credits } from './account.ts';
import { boundedText } from './bounded.ts';
import { Job } from './job-answers.ts';
import { exportOptions, GenerateJob, MAX_PROMPT } from './jobs.ts';
import { MessageState } from './sessions.ts';

/**
 * The body of `POST /v1/messages`: words, and whatever a job takes. What the words do not ask for is not used: nobody
 * knows beforehand what they will.
 */
export const SendMessage = GenerateJob.omit({ type: true, prompt: true })
  .extend({
    text: boundedText(MAX_PROMPT).default('').describe('What is wanted, in any language.'),
    /** Of an export that the words ask for; those of `export` where they are left out. */
    format: exportOptions.format.unwrap().optional().describe('The container, where the words ask for an export.'),
    quality: exportOptions.quality.unwrap().optional().describe('The quality, where the words ask for an export.'),
  })
  .meta({ examples: [{ text: 'A red fox in the snow, ten seconds' }, { text: 'export as mov' }, { text: 'credits' }] });
export type SendMessage = z.output<typeof SendMessage>;

/** The answer while a job does what was asked. */
export const MessageJob = z
  .object({ action: z.enum(['generate', 'export', 'upload']).describe('What the words ask for.'), job: Job })
  .meta({ id: 'MessageJob', description: 'The job that does what was asked.' });

/** The answer that needs no more: what was asked for, or the job where the client waited for its end. */
export const MessageAnswer = z
  .union([
    MessageJob,
    z.object({ action: z.literal('credits').describe('The words ask for the credits.'), credits: Credits }),
    z.object({ action: z.literal('state').describe('The words ask for the state.'), session: MessageState }),
  ])
  .meta({ id: 'MessageAnswer', description: 'What was asked for.' });
