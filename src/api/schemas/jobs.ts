import { z } from 'zod';
import { EXPORT_FORMATS, EXPORT_QUALITIES, type ExportOptions } from '../../lib/domain/job.ts';
import { PUBLIC_EVENTS } from '../../lib/domain/job-events.ts';

const MAX_PROMPT = 10_000;
const MAX_METADATA = 50;
const MAX_METADATA_VALUE = 8_192;

const exportOptions = {
  format: z.enum(EXPORT_FORMATS).default('mp4'),
  quality: z.enum(EXPORT_QUALITIES).default('high'),
};

/** `true`, or the wanted form; → the form, or null for no export. */
const exportWish = z
  .union([z.boolean(), z.strictObject(exportOptions)], { error: 'Must be true, false or {format, quality}.' })
  .default(false)
  .transform((wish): ExportOptions | null => {
    if (wish === true) return { format: 'mp4', quality: 'high' };
    return wish === false ? null : wish;
  });

const common = {
  skill: z.string().default('nemo-video'),
  webhook: z
    .strictObject({
      url: z.string().min(1),
      events: z.array(z.enum(PUBLIC_EVENTS)).max(PUBLIC_EVENTS.length).default([]),
    })
    .nullish(),
  metadata: z
    .record(z.string().min(1), z.string().max(MAX_METADATA_VALUE))
    .refine((metadata) => Object.keys(metadata).length <= MAX_METADATA, `At most ${MAX_METADATA} entries.`)
    .default({}),
  priority: z.int().min(-100).max(100).default(0),
};

const generate = z.strictObject({
  type: z.literal('generate'),
  ...common,
  session_id: z.string().nullish(),
  prompt: z
    .string()
    .max(MAX_PROMPT)
    .refine((prompt) => prompt.trim() !== '', 'Must say something.'),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'Must be an ISO code such as en or zh-CN.')
    .default('en'),
  export: exportWish,
});

const exportJob = z.strictObject({ type: z.literal('export'), ...common, session_id: z.string(), ...exportOptions });

/** The body of `POST /v1/jobs`. */
export const SubmitJob = z.discriminatedUnion('type', [generate, exportJob], {
  error: (issue) => (issue.code === 'invalid_union' ? 'Must be generate or export.' : undefined),
});
export type SubmitJob = z.output<typeof SubmitJob>;

export const JobParams = z.object({ id: z.string() });
