import { z } from 'zod';
import { DISABLED_REASONS } from '../../lib/domain/endpoint-view.ts';
import { MESSAGE_STATUSES } from '../../lib/domain/message-view.ts';
import { listOf, moment } from './answer.ts';

const endpoint = {
  id: z.string().describe('`whe_…`'),
  object: z.literal('webhook_endpoint').describe('Always `webhook_endpoint`.'),
  url: z.string().describe('Where it is sent.'),
  description: z.string().nullable().describe('As the client gave it.'),
  events: z.array(z.string()).describe('What is sent.'),
  enabled: z.boolean().describe('Whether anything is sent.'),
  disabled_reason: z
    .enum(DISABLED_REASONS)
    .nullable()
    .describe('`gone`: it answered 410; `failing`: for five days nothing got through.'),
  failing_since: moment.nullable().describe('The first failure since the last success.'),
  created_at: moment.describe('When it was made.'),
};

export const Endpoint = z
  .object(endpoint)
  .meta({ id: 'WebhookEndpoint', description: 'An address to which events are sent.' });

export const EndpointWithSecret = z
  .object({ ...endpoint, secret: z.string().describe('`whsec_…`: signs what is sent; shown only now.') })
  .meta({ id: 'WebhookEndpointWithSecret', description: 'An endpoint, and the key of its signatures.' });

export const EndpointList = listOf('WebhookEndpointList', Endpoint);

export const Message = z
  .object({
    id: z.string().describe('`msg_…`: the `webhook-id` of every attempt.'),
    object: z.literal('webhook_message').describe('Always `webhook_message`.'),
    endpoint_id: z.string().nullable().describe('The endpoint; null: an address that a job or a batch brought.'),
    url: z.string().describe('Where it is sent.'),
    event_id: z.string().describe('The event that it tells of.'),
    event_type: z.string().describe('Such as `job.succeeded`.'),
    status: z.enum(MESSAGE_STATUSES).describe('How far it is.'),
    next_attempt_at: moment.nullable().describe('When it is tried again; null where it is not.'),
    attempts: z
      .array(
        z.object({
          at: moment.describe('When.'),
          status_code: z.int().nullable().describe('What was answered; null: nothing.'),
          duration_ms: z.int().describe('How long it took.'),
          error: z.string().nullable().describe('Why it failed.'),
          response: z.string().describe('The beginning of the answer.'),
        }),
      )
      .describe('What was tried, oldest first.'),
    created_at: moment.describe('When it was made.'),
  })
  .meta({ id: 'WebhookMessage', description: 'One event to one address.' });

export const MessageList = listOf('WebhookMessageList', Message);

export const Recovery = z
  .object({
    object: z.literal('webhook_recovery').describe('Always `webhook_recovery`.'),
    endpoint_id: z.string().describe('The endpoint.'),
    since: moment.describe('From when on.'),
    until: moment.describe('Until when.'),
    messages: z.int().describe('How many messages are sent again.'),
  })
  .meta({ id: 'WebhookRecovery', description: 'Failed messages that are sent again.' });

export const WebhookSecret = z
  .object({
    object: z.literal('webhook_secret').describe('Always `webhook_secret`.'),
    secret: z.string().describe('`whsec_…`: the key of the signatures (Standard Webhooks 1.0).'),
  })
  .meta({ id: 'WebhookSecret', description: 'What signs the webhooks of jobs that bring their own URL.' });
