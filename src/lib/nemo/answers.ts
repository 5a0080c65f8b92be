import { z } from 'zod';

/**
 * What the upstream answers, read tolerantly: only what we use is required, ids may be numbers, and everything else
 * passes through unseen (nemovideo-api.md).
 */
const text = z.union([z.string().min(1), z.number()]).transform(String);
const optionalText = text.nullish().transform((value) => value ?? null);

export const TokenAnswer = z.object({ token: z.string().min(1), user_id: optionalText, expires_at: optionalText });
export type TokenAnswer = z.output<typeof TokenAnswer>;

export const SessionAnswer = z.object({ task_id: optionalText, session_id: text, user_id: optionalText });
export type SessionAnswer = z.output<typeof SessionAnswer>;

export const ClaimAnswer = z.object({ claim_token: z.string().min(1) });

export const CreditsAnswer = z
  .object({ available: z.number(), frozen: z.number().default(0), total: z.number().optional() })
  .transform(({ available, frozen, total }) => ({
    available: Math.trunc(available),
    frozen: Math.trunc(frozen),
    total: Math.trunc(total ?? available + frozen),
  }));

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
  progress: z.number().nullish(),
  output: z.object({ url: optionalText, duration: z.number().nullish(), size: z.number().nullish() }).nullish(),
  outputUrl: optionalText,
});

/** Both documented shapes of a render: a bare object, or `{success, data}`. */
export const RenderAnswer = z
  .union([z.object({ success: z.literal(true), data: renderBody }).transform((answer) => answer.data), renderBody])
  .transform((body) => ({
    status: body.status,
    percent: typeof body.progress === 'number' ? Math.max(0, Math.min(100, Math.round(body.progress))) : null,
    url: body.output?.url ?? body.outputUrl ?? null,
    durationMs: typeof body.output?.duration === 'number' ? Math.round(body.output.duration * 1000) : null,
  }));
export type RenderAnswer = z.output<typeof RenderAnswer>;
