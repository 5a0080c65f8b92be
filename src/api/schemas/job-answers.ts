import { z } from 'zod';
import { FAILURES } from '../../lib/domain/failures.ts';
import {
  CERTAINTIES,
  CHARGED,
  EXPORT_FORMATS,
  EXPORT_QUALITIES,
  JOB_TYPES,
  PHASES,
  SHOWN_STATUSES,
  WAITING_REASONS,
} from '../../lib/domain/job.ts';
import { Balance } from './account.ts';
import { moment, oneOf } from './answer.ts';
import { media, Timeline, TimelineChange } from './timeline.ts';

/** The job as clients see it; domain/job-view.ts makes it. */

export const Waiting = z
  .object({
    reason: z.enum(WAITING_REASONS).describe('What the job waits for.'),
    until: moment.nullable().describe('When it goes on at the latest; null where nobody knows.'),
  })
  .meta({ id: 'Waiting', description: 'Why a job is `waiting`.' });

export const Progress = z
  .object({
    percent: z.number().nullable().describe('0–100 while a video is rendered; null where there is no measure.'),
    message: z.string().nullable().describe('What is being done, in a word or two.'),
    events: z.int().describe('How many events the agent has sent so far.'),
    last_event_at: moment.nullable().describe('When the last of them came.'),
  })
  .meta({
    id: 'Progress',
    description: 'Refreshed at most every 5 s; not part of the history, and ignored by the ETag.',
  });

const AssetReference = z
  .union([
    z.object({ asset_id: z.string().describe('A file that was uploaded: `ast_…`.') }),
    z.object({ url: z.string().describe('A file that NemoVideo fetches itself.') }),
  ])
  .meta({ id: 'AssetReference', description: 'A file of a job.' });

const exportForm = z.object({
  format: z.enum(EXPORT_FORMATS).describe('The container of the finished video.'),
  quality: z.enum(EXPORT_QUALITIES).describe('The quality of the finished video.'),
});

const GenerateInput = z
  .object({
    prompt: z.string().describe('What is said to the agent, with the words of a text asset.'),
    language: z.string().describe('The language of the prompt, given or detected.'),
    options: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .optional()
      .describe('What was written into the message besides the prompt.'),
    assets: z.array(AssetReference).optional().describe('The files of the job.'),
    export: exportForm.nullable().describe('The wanted form of the finished video; null: no export.'),
  })
  .meta({ id: 'GenerateInput', description: 'What was asked of a `generate` job.' });

const UploadInput = z
  .object({ assets: z.array(AssetReference).describe('The files of the job.') })
  .meta({ id: 'UploadInput', description: 'What was asked of an `upload` job.' });

const ExportInput = exportForm.meta({ id: 'ExportInput', description: 'What was asked of an `export` job.' });

const Output = z
  .object({
    url: z.string().describe('The finished video.'),
    format: z.string().describe('Its container.'),
    render_id: z.string().describe('The render that made it.'),
    content_type: z.string().nullable().describe('As its server names it.'),
    bytes: z.int().nullable().describe('Its size.'),
    duration_ms: z.number().nullable().describe('Its length, in ms.'),
    verified: z.boolean().describe('Whether its first bytes were read and are a video.'),
    expires_at: moment.nullable().describe('Until when it can be fetched; null where no end is known.'),
  })
  .meta({ id: 'Output', description: 'The finished video of an export.' });

export const JobResult = z
  .object({
    text: z.string().describe("The agent's words, without what it tells users of a graphical interface."),
    changes: z.array(TimelineChange).describe('What is different now; silent edits too.'),
    timeline: Timeline,
    media,
    suggested_actions: z
      .array(
        z.object({
          action: z.enum(['export', 'credits', 'state', 'edit']).describe('What is suggested.'),
          text: z.string().describe('The sentence that suggests it.'),
        }),
      )
      .describe('What the agent told a user of a graphical interface to do.'),
    output: Output.nullable().describe('The finished video; null without an export.'),
    workspace_url: z.string().nullable().describe('Where a person can go on with the session.'),
  })
  .meta({ id: 'JobResult', description: 'What came of a job.' });

export const JobError = z
  .object({
    code: oneOf(...Object.keys(FAILURES)).describe('Why it failed: stable, see /docs/errors.'),
    message: z.string().describe('The same in words.'),
    retryable: z.boolean().describe('Whether a retry can help.'),
    action: z
      .object({
        kind: oneOf(...actionKinds()).describe('What to do.'),
        url: z.string().optional().describe('Where to do it.'),
      })
      .nullable()
      .describe('What the client can do; null: nothing.'),
    upstream: z
      .object({
        status: z.int().nullable().describe('Its HTTP status.'),
        code: z.int().nullable().describe('Its own code.'),
      })
      .nullable()
      .describe('What NemoVideo answered; null where the failure did not come from there.'),
  })
  .meta({ id: 'JobError', description: 'Why a job failed.' });

const Cost = z
  .object({
    before: Balance.nullable().describe('The balance before the message was sent.'),
    after: Balance.nullable().describe('The balance afterwards.'),
    charged: z.int().nullable().describe('Credits that it cost; null while or where nobody can say.'),
    certainty: z.enum(CERTAINTIES).describe('`bounded`: other turns overlapped; `none`: no message was sent.'),
  })
  .meta({ id: 'Cost', description: 'What a job cost, in whole credits.' });

export const Job = z
  .object({
    id: z.string().describe('`job_…`'),
    object: z.literal('job').describe('Always `job`.'),
    type: z.enum(JOB_TYPES).describe('What kind of job.'),
    status: z.enum(SHOWN_STATUSES).describe('The last four are final.'),
    phase: z.enum(PHASES).nullable().describe('What it is doing, or where it failed; null before the start.'),
    seq: z.int().describe('Grows by one with every change, progress excepted.'),
    skill: z.string().describe('The skill in whose name it runs.'),
    session_id: z.string().describe('The session it works in.'),
    batch_id: z.string().nullable().describe('The batch it came with.'),
    custom_id: z.string().nullable().describe("The client's name for it within the batch."),
    client_reference: z.string().nullable().describe("The client's own name for it, unique among its jobs."),
    metadata: z.record(z.string(), z.string()).describe('As the client gave them.'),
    priority: z.int().describe('-100 to 100; larger goes first.'),
    waiting: Waiting.nullable().describe('Why it waits; null while it does not.'),
    progress: Progress,
    input: z.union([GenerateInput, UploadInput, ExportInput]).describe('What was asked.'),
    result: JobResult.nullable().describe('What came of it; null until there is something.'),
    error: JobError.nullable().describe('Why it failed; null where it did not.'),
    cost: Cost,
    charged: z.enum(CHARGED).describe('Whether it cost credits.'),
    attempt: z.int().describe('The how-manieth try it is.'),
    retry_of: z.string().nullable().describe('The failed job that it takes up again.'),
    created_at: moment.describe('When it was accepted.'),
    started_at: moment.nullable().describe('When a worker took it up.'),
    finished_at: moment.nullable().describe('When it ended.'),
    deadline_at: moment.nullable().describe('When it fails if it has not ended.'),
    expires_at: moment.nullable().describe('When it expires if it has not started.'),
    request_id: z.string().describe('The request that submitted it.'),
    links: z
      .object({
        self: z.string().describe('The job.'),
        events: z.string().describe('Its events as they happen.'),
        cancel: z.string().describe('POST here to cancel it.'),
        retry: z.string().describe('POST here to retry it.'),
        history: z.string().describe('Its stored events.'),
      })
      .describe('Addresses, relative to this one.'),
  })
  .meta({
    id: 'Job',
    description: 'One thing asked of Reelay. The same object everywhere: GET, lists, events, webhooks.',
  });

function actionKinds(): string[] {
  return [...new Set(Object.values(FAILURES).flatMap(({ action }) => action ?? []))];
}
