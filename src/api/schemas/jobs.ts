import { z } from 'zod';
import { readAssetUrl } from '../../lib/domain/asset-rules.ts';
import { PUBLIC_EVENTS } from '../../lib/domain/event-types.ts';
import {
  type AssetRef,
  DEFAULT_EXPORT,
  EXPORT_FORMATS,
  EXPORT_QUALITIES,
  type ExportOptions,
} from '../../lib/domain/job.ts';
import { language } from './language.ts';

/** The contract's, for the prompt as it is sent: with the words of a text asset. In UTF-16 units. */
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
  format: z.enum(EXPORT_FORMATS).default(DEFAULT_EXPORT.format),
  quality: z.enum(EXPORT_QUALITIES).default(DEFAULT_EXPORT.quality),
};

/** `true`, or the wanted form; → the form, or null for no export. */
const exportWish = z
  .union([z.boolean(), z.strictObject(exportOptions)], { error: 'Must be true, false or {format, quality}.' })
  .default(false)
  .transform((wish): ExportOptions | null => {
    if (wish === true) return DEFAULT_EXPORT;
    return wish === false ? null : wish;
  });

const assetUrl = z.string().transform((text, context) => {
  const read = readAssetUrl(text);
  if ('url' in read) return read.url;
  context.addIssue(read.fault);
  return z.NEVER;
});

const assets = z
  .array(
    z
      .strictObject({ asset_id: z.string().optional(), url: assetUrl.optional() })
      .transform(({ asset_id, url }, context): AssetRef => {
        if (asset_id !== undefined && url === undefined) return { asset_id };
        if (url !== undefined && asset_id === undefined) return { url };
        context.addIssue('Must be {asset_id} or {url}.');
        return z.NEVER;
      }),
  )
  .max(MAX_ASSETS, `At most ${MAX_ASSETS} files.`);

const timeoutS = z.int().min(1).max(MAX_TIMEOUT_S).nullish();

export const metadata = z
  .record(z.string().min(1), z.string().max(MAX_METADATA_VALUE))
  .refine((entries) => Object.keys(entries).length <= MAX_METADATA, `At most ${MAX_METADATA} entries.`)
  .default({});

const common = {
  skill: z.string().default('nemo-video'),
  webhook: z
    .strictObject({
      url: z.string().min(1),
      events: z.array(z.enum(PUBLIC_EVENTS)).max(PUBLIC_EVENTS.length).default([]),
    })
    .nullish(),
  metadata,
  priority: z.int().min(-100).max(100).default(0),
  client_reference: z
    .string()
    .max(MAX_CLIENT_REFERENCE)
    .refine((reference) => reference.trim() !== '', 'Must say something.')
    .nullish(),
  start_timeout: timeoutS,
  deadline: timeoutS,
  wait_for_credits: z.boolean().default(false),
};

/** The upstream has no such fields: these words go into the message. */
const optionText = z.string().min(1).max(MAX_OPTION);

/** The body of a job that says something to the agent. */
export const GenerateJob = z.strictObject({
  type: z.literal('generate'),
  ...common,
  session_id: z.string().nullish(),
  prompt: z
    .string()
    .max(MAX_PROMPT)
    .refine((prompt) => prompt.trim() !== '', 'Must say something.')
    .optional(),
  assets: assets.default([]),
  language: language.optional(),
  options: z
    .strictObject({
      model: optionText.optional(),
      motion: z.union([optionText, z.number()]).optional(),
      aspect_ratio: optionText.optional(),
      duration_seconds: z.number().positive().max(MAX_DURATION_S).optional(),
      resolution: optionText.optional(),
      effect: optionText.optional(),
    })
    .default({}),
  export: exportWish,
});

const uploadJob = z.strictObject({
  type: z.literal('upload'),
  ...common,
  session_id: z.string().nullish(),
  assets: assets.min(1, 'At least one file.'),
});

const exportJob = z.strictObject({ type: z.literal('export'), ...common, session_id: z.string(), ...exportOptions });

/** The body of `POST /v1/jobs`. */
export const SubmitJob = z.discriminatedUnion('type', [GenerateJob, uploadJob, exportJob], {
  error: (issue) => (issue.code === 'invalid_union' ? 'Must be generate, upload or export.' : undefined),
});
export type SubmitJob = z.output<typeof SubmitJob>;

/** The body of `POST /v1/jobs/{id}/retry`; all of it may be left out. */
export const RetryJob = z.preprocess(
  (body) => body ?? {},
  z.strictObject({ accept_duplicate_charge: z.boolean().default(false) }),
);

export const JobParams = z.object({ id: z.string() });
