import { exportFormIn } from '../lib/domain/intent/export-form.ts';
import { DEFAULT_EXPORT } from '../lib/domain/job.ts';
import { Problem, validationFailed } from '../lib/errors.ts';
import type { SubmitJob } from './schemas/jobs.ts';
import type { SendMessage } from './schemas/messages.ts';

/** The job that a message asks for, as the body that `POST /v1/jobs` would have got. */
export function messageJob(type: 'generate' | 'upload', message: SendMessage): SubmitJob {
  const { text, format: _, quality: __, language, options, export: wish, ...job } = message;
  if (type === 'upload') return { ...job, type };
  const prompt = text.trim() === '' ? undefined : text;
  return { ...job, type, prompt, language, options, export: wish };
}

/** The export of a session that a message asks for; its form is that of the fields, else of the words. */
export function exportJob(message: SendMessage, sessionId: string): SubmitJob {
  const { text, assets: _, language: __, options: ___, export: wish, format, quality, ...job } = message;
  const form = { ...DEFAULT_EXPORT, ...wish, ...exportFormIn(text) };
  return {
    ...job,
    type: 'export',
    session_id: sessionId,
    format: format ?? form.format,
    quality: quality ?? form.quality,
  };
}

/** What `prepareJob` finds at fault, under the names that the message has for it. */
export function asFaultOfMessage(error: unknown): unknown {
  if (!(error instanceof Problem) || error.code !== 'validation_failed') return error;
  const faults = error.faults.map((fault) => (fault.pointer === '/prompt' ? { ...fault, pointer: '/text' } : fault));
  return validationFailed(faults);
}
