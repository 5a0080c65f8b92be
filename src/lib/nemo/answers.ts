import { z } from 'zod';
import { numberIn, objectIn, textIn } from '../domain/loose-value.ts';

/**
 * What the upstream answers, read tolerantly: only what we use is required, ids may be numbers, and everything else
 * passes through unseen (nemovideo-api.md).
 */
const text = z.union([z.string().min(1), z.number()]).transform(String);
/** An empty text is none. */
const optionalText = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => textIn(String(value ?? '')));

export const TokenAnswer = z.object({ token: z.string().min(1), user_id: optionalText, expires_at: optionalText });
export type TokenAnswer = z.output<typeof TokenAnswer>;

export const SessionAnswer = z.object({ task_id: optionalText, session_id: text, user_id: optionalText });
export type SessionAnswer = z.output<typeof SessionAnswer>;

export const ClaimAnswer = z.object({ claim_token: z.string().min(1) });

/** What a column of Postgres takes. A balance beyond is not read: cut to size, it would say that nothing was charged. */
const storable = z.int32();
export const CreditsAnswer = z
  .object({ available: z.number(), frozen: z.number().default(0), total: z.number().optional() })
  .transform(({ available, frozen, total }) => ({
    available: Math.trunc(available),
    frozen: Math.trunc(frozen),
    total: Math.trunc(total ?? available + frozen),
  }))
  .pipe(z.object({ available: storable, frozen: storable, total: z.number() }));

const uploadedFile = z.object({ filename: optionalText, file_type: optionalText, cdn_url: optionalText });
export const UploadAnswer = z.object({ files: z.array(uploadedFile).default([]) });

/** An object that is not looked into here: a state is for the domain to read, and some answers only say that they came. */
export const AnyAnswer = z.record(z.string(), z.unknown());

const RENDER_STATUS = ['pending', 'processing', 'completed', 'failed'] as const;
/** A status that nobody documented is waited on like `processing`: the render's own time-out ends it. */
const renderStatus = z.string().transform((status): (typeof RENDER_STATUS)[number] => {
  const known = RENDER_STATUS.find((name) => name === status.toLowerCase());
  return known ?? 'processing';
});

const renderBody = z.object({
  status: renderStatus.default('pending'),
  progress: z.unknown().optional(),
  output: z.unknown().optional(),
  outputUrl: z.unknown().optional(),
});

/**
 * Both documented shapes of a render: `{success, data}`, known by its `success`, or a bare object. What is told beside
 * the status is never worth losing it.
 */
export const RenderAnswer = z
  .preprocess((answer) => {
    const envelope = objectIn(answer);
    return envelope && 'success' in envelope ? envelope.data : answer;
  }, renderBody)
  .transform(({ status, progress, output, outputUrl }) => {
    const percent = numberIn(progress);
    return {
      status,
      percent: percent === null ? null : Math.max(0, Math.min(100, Math.round(percent))),
      url: textIn(objectIn(output)?.url, outputUrl),
    };
  });
export type RenderAnswer = z.output<typeof RenderAnswer>;
