import { z } from 'zod';
import { PHASES, SHOWN_STATUSES } from '../../lib/domain/job.ts';
import { moment, storedAs } from './answer.ts';
import { Job, Progress, Waiting } from './job-answers.ts';

/** What happened to one job: as a list, and as it happens. */

const JobChange = z
  .object({
    status: z.enum(SHOWN_STATUSES).describe("The job's `status` after it."),
    phase: z.enum(PHASES).nullable().describe("The job's `phase` after it."),
    waiting: Waiting.nullable().describe('Why it waits since then; null where it does not.'),
  })
  .meta({ id: 'JobChange', description: 'What is different about a job.' });

const HistoryItem = z
  .object({
    seq: z.int().describe("The job's `seq` after it."),
    type: z.string().describe('Such as `job.started`.'),
    phase: z.string().nullable().describe('In which phase.'),
    at: moment.describe('When.'),
    data: storedAs(Job, JobChange).describe('The whole job for what webhooks tell too, else what changed.'),
  })
  .meta({ id: 'HistoryItem', description: 'One thing that happened to a job.' });

export const History = z
  .object({
    object: z.literal('list').describe('Always `list`.'),
    data: z.array(HistoryItem).describe('Oldest first, all of them.'),
  })
  .meta({ id: 'History', description: 'What happened to a job.' });

const id = z.string().describe("The job's `seq`; sent back as `Last-Event-ID`.");

/** One event of the stream, with its lines as fields. */
export const JobEvent = z
  .union([
    z.object({ event: z.literal('snapshot').describe('The first one.'), id, data: Job }),
    z.object({ event: z.enum(['status', 'preview']).describe('Something happened.'), id, data: HistoryItem }),
    z.object({ event: z.literal('progress').describe('Not part of the history.'), data: Progress }),
  ])
  .meta({ id: 'JobEvent', description: 'One event: its lines as fields, `data` as the JSON that it is.' });
