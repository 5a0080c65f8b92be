import { z } from 'zod';
import { readAssetUrl } from '../../lib/domain/asset-rules.ts';
import { PUBLIC_EVENTS } from '../../lib/domain/event-types.ts';
import {
  type AssetRef,
  DEFAULT_EXPORT,
  EXPORT_FORMATS,
  EXPORT_QUALITIES,
  type ExportOptions,
  JOB_TYPES,
  SHOWN_STATUSES,
} from '../../lib/domain/job.ts';
import { DEFAULT_SKILL } from '../../lib/skills.ts';
import { boundedList, boundedRecord, boundedText } from './bounded.ts';
import { language } from './language.ts';
import { idOf, listQuery, pathOf, time } from './list.ts';

/** The contract's, for the prompt as it is sent: with the words of a text asset. In characters. */
export const MAX_PROMPT = 10_000;
/** Files of one job: far more than a video of a few minutes holds, and still one look at a job's input. */
const MAX_ASSETS = 20;
const MAX_METADATA = 50;
const MAX_OPTION = 100;
/** The skills speak of three minutes at most; an hour is certainly a slip. */
const MAX_DURATION_S = 3_600;
const MAX_METADATA_VALUE = 8_192;
const MAX_CLIENT_REFERENCE = 255;
/** What is not done in a month is not wanted any more. In s. */
const MAX_TIMEOUT_S = 30 * 86_400;

/** The form of a finished video. */
export const exportOptions = {
  format: z.enum(EXPORT_FORMATS).default(DEFAULT_EXPORT.format).describe('The container of the finished video.'),
  quality: z.enum(EXPORT_QUALITIES).default(DEFAULT_EXPORT.quality).describe('The quality of the finished video.'),
};

/** `true`, or the wanted form; → the form, or null for no export. */
const exportWish = z
  .union([z.boolean(), z.strictObject(exportOptions)], { error: 'Must be true, false or {format, quality}.' })
  .default(false)
  .transform((wish): ExportOptions | null => {
    if (wish === true) return DEFAULT_EXPORT;
    return wish === false ? null : wish;
  })
  .describe('`true`, or the wanted form: the job ends with the finished video.');

const assetUrl = z.string().transform((text, context) => {
  const read = readAssetUrl(text);
  if ('url' in read) return read.url;
  context.addIssue(read.fault);
  return z.NEVER;
});

const asset = z
  .strictObject({
    asset_id: z.string().optional().describe('A file that was uploaded: `ast_…`.'),
    url: assetUrl.optional().describe('A public http(s) address: NemoVideo fetches it itself.'),
  })
  .meta({ minProperties: 1, maxProperties: 1 })
  .transform(({ asset_id, url }, context): AssetRef => {
    if (asset_id !== undefined && url === undefined) return { asset_id };
    if (url !== undefined && asset_id === undefined) return { url };
    context.addIssue('Must be {asset_id} or {url}.');
    return z.NEVER;
  });

const timeoutS = z.int().min(1).max(MAX_TIMEOUT_S).nullish();
const sessionId = z.string().nullish().describe('The session to work in; left out: a new one.');

export const metadata = boundedRecord(boundedText(MAX_METADATA_VALUE), MAX_METADATA)
  .default({})
  .describe('Anything of yours; it comes back as it was.');

const common = {
  skill: z.string().default(DEFAULT_SKILL).describe('The skill in whose name it runs: GET /v1/skills.'),
  webhook: z
    .strictObject({
      url: z.string().min(1).describe('Where it is sent: https, a public address.'),
      events: z
        .array(z.enum(PUBLIC_EVENTS))
        .max(PUBLIC_EVENTS.length)
        .default([])
        .describe('What is told of; none: the end of the job.'),
    })
    .nullish()
    .describe("Who is told of this job, signed with the tenant's secret: GET /v1/webhook-secret."),
  metadata,
  priority: z.int().min(-100).max(100).default(0).describe('Larger goes first.'),
  client_reference: boundedText(MAX_CLIENT_REFERENCE)
    .refine((reference) => reference.trim() !== '', 'Must say something.')
    .nullish()
    .describe('Your own name for the job; no other job of yours may have it.'),
  start_timeout: timeoutS.describe('Seconds after which it expires if it has not started.'),
  deadline: timeoutS.describe('Seconds after which it fails if it has not ended.'),
  wait_for_credits: z.boolean().default(false).describe('true: without credits it waits for them instead of failing.'),
};

/** The upstream has no such fields: these words go into the message. */
const optionText = boundedText(MAX_OPTION, 1);

/** The body of a job that says something to the agent. */
export const GenerateJob = z.strictObject({
  type: z.literal('generate').describe('Says something to the agent.'),
  ...common,
  session_id: sessionId,
  prompt: boundedText(MAX_PROMPT)
    .refine((prompt) => prompt.trim() !== '', 'Must say something.')
    .optional()
    .describe('What is wanted, in any language; may be left out when a text asset brings it.'),
  assets: boundedList(asset, { max: MAX_ASSETS, of: 'files' }).default([]).describe('Files to work with.'),
  language: language.optional().describe('Left out: that of the prompt.'),
  options: z
    .strictObject({
      model: optionText.optional().describe('The model to use.'),
      motion: z.union([optionText, z.number()]).optional().describe('How strongly or how it moves.'),
      aspect_ratio: optionText.optional().describe('Such as `9:16`.'),
      duration_seconds: z.number().positive().max(MAX_DURATION_S).optional().describe('How long it is to be.'),
      resolution: optionText.optional().describe('Such as `1080p`.'),
      effect: optionText.optional().describe('Such as `Melt`.'),
    })
    .default({})
    .describe('Written into the message: NemoVideo has no such fields.'),
  export: exportWish,
});

export const UploadJob = z.strictObject({
  type: z.literal('upload').describe('Brings files into a session.'),
  ...common,
  session_id: sessionId,
  assets: boundedList(asset, { min: 1, max: MAX_ASSETS, of: 'files' }).describe('Files to bring into the session.'),
});

export const ExportJob = z.strictObject({
  type: z.literal('export').describe('Renders what a session holds.'),
  ...common,
  session_id: z.string().describe('The session to export.'),
  ...exportOptions,
});

const JOB_EXAMPLES = [
  {
    type: 'generate',
    prompt: 'A 10 second city timelapse with upbeat music',
    options: { aspect_ratio: '9:16' },
    export: true,
    metadata: { order: '4711' },
  },
  { type: 'upload', assets: [{ url: 'https://example.com/holiday.mp4' }] },
  { type: 'export', session_id: 'ses_01m7ypsprke4frc5r5qjaj20np', format: 'mov', quality: 'high' },
];

/** The body of `POST /v1/jobs`. */
export const SubmitJob = z
  .discriminatedUnion(
    'type',
    [named('GenerateJob', GenerateJob), named('UploadJob', UploadJob), named('ExportJob', ExportJob)],
    {
      error: (issue) => (issue.code === 'invalid_union' ? 'Must be generate, upload or export.' : undefined),
    },
  )
  .meta({ examples: JOB_EXAMPLES });
export type SubmitJob = z.output<typeof SubmitJob>;

/** A schema under a name of its own in the OpenAPI document. */
function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  return schema.meta({ id });
}

/** The body of `POST /v1/jobs/{id}/retry`; all of it may be left out. */
export const RetryJob = z.preprocess(
  (body) => body ?? {},
  z
    .strictObject({
      accept_duplicate_charge: z
        .boolean()
        .default(false)
        .describe('true: retry even where the failed job may have been charged.'),
    })
    .meta({ examples: [{ accept_duplicate_charge: true }] }),
);

/** The query of `GET /v1/jobs`. */
export const ListJobs = listQuery('job').extend({
  status: z
    .enum(SHOWN_STATUSES, `Must be one of ${SHOWN_STATUSES.join(', ')}.`)
    .optional()
    .describe('Only jobs that show it.'),
  type: z
    .enum(JOB_TYPES, `Must be one of ${JOB_TYPES.join(', ')}.`)
    .optional()
    .describe('Only jobs of this type.'),
  batch_id: idOf('bat').optional().describe('Only jobs of this batch.'),
  session_id: idOf('ses').optional().describe('Only jobs of this session.'),
  skill: z.string('Must be one name.').optional().describe('Only jobs of this skill.'),
  created_after: time.optional().describe('Only jobs that were created later.'),
  created_before: time.optional().describe('Only jobs that were created earlier.'),
});
export type ListJobs = z.output<typeof ListJobs>;

export const JobParams = pathOf('job');
