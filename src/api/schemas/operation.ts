import { z } from 'zod';
import { oneOf } from './answer.ts';

/** Answers of what belongs to no resource. */

export const Health = z
  .object({ status: oneOf('ok').describe('Always `ok`: what is not well is no 200.') })
  .meta({ id: 'Health', description: 'The process is well.' });

export const Skill = z
  .object({
    object: z.literal('skill').describe('Always `skill`.'),
    name: z.string().describe('What jobs and sessions call it.'),
    version: z.string().describe('The version that NemoVideo is told.'),
    formats: z.array(z.string()).describe('The files it takes.'),
    max_bytes: z.int().describe('The largest file it takes.'),
    defaults: z.record(z.string(), z.unknown()).describe('What it does unless it is told otherwise.'),
  })
  .meta({ id: 'Skill', description: 'A way of working that jobs and sessions may name.' });

export const WebhookSecret = z
  .object({
    object: z.literal('webhook_secret').describe('Always `webhook_secret`.'),
    secret: z.string().describe('`whsec_…`: the key of the signatures (Standard Webhooks 1.0).'),
  })
  .meta({ id: 'WebhookSecret', description: 'What signs the webhooks of jobs that bring their own URL.' });
