import { z } from 'zod';
import { PROGRESS_EVENT, PUBLIC_EVENTS, PULLED_EVENTS, type TenantEventType } from '../../lib/domain/event-types.ts';
import { balance } from './account.ts';
import { listOf, moment, oneOf, refTo, storedAs } from './answer.ts';
import { Batch } from './batches.ts';
import { Job } from './job-answers.ts';
import { Endpoint } from './webhook-answers.ts';

/** What webhooks are sent, and what can be pulled instead. */

const LowCredits = z
  .object({ ...balance, threshold: z.int().describe('`CREDITS_LOW`: they fell below it.') })
  .meta({ id: 'LowCredits', description: 'The credits, when they had fallen.' });

const WebhookTest = z
  .object({
    object: z.literal('webhook_test').describe('Always `webhook_test`.'),
    endpoint_id: z.string().describe('The endpoint that is tested.'),
  })
  .meta({ id: 'WebhookTest', description: 'Nothing has happened: an endpoint is tried.' });

const TENANT_DATA: Readonly<Record<TenantEventType, z.ZodType>> = {
  'batch.completed': Batch,
  'credits.low': LowCredits,
  'endpoint.disabled': Endpoint,
  'webhook.test': WebhookTest,
};

const Event = z
  .object({
    id: z.string().describe('`evt_…`'),
    object: z.literal('event').describe('Always `event`.'),
    type: oneOf(...PULLED_EVENTS).describe('What happened.'),
    timestamp: moment.describe('When.'),
    data: storedAs(Job, ...Object.values(TENANT_DATA)).describe('What it happened to, as it was then.'),
  })
  .meta({ id: 'Event', description: 'What a webhook would tell.' });

export const EventList = listOf('EventList', Event, 'Oldest first.');

/** The headers of a webhook (lib/webhooks/sign.ts), beside those of HTTP. */
const HEADERS = [
  header('webhook-id', 'The message: the same on every attempt.'),
  header('webhook-timestamp', 'This attempt: seconds since 1970.'),
  header(
    'webhook-signature',
    '`v1,` and the base64 of the HMAC; several, separated by a space, while a secret rotates.',
  ),
];

/** `webhooks` of the OpenAPI document: each type of event with what is in it. */
export const webhookDocs = Object.fromEntries(PUBLIC_EVENTS.map((type) => [type, { post: eventDocs(type) }]));

function eventDocs(type: string) {
  const data = type.startsWith('job.') ? Job : TENANT_DATA[type as TenantEventType];
  return {
    operationId: `on${type.split(/[._]/).map(capital).join('')}`,
    tags: ['Webhooks'],
    summary: `What is sent as \`${type}\``,
    description: `To endpoints and to the addresses of jobs and batches, signed as Standard Webhooks 1.0 says. ${
      type === PROGRESS_EVENT ? 'Sent once, whatever is answered.' : 'Any 2xx is success; else it is tried again.'
    }`,
    parameters: HEADERS,
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            type: 'object' as const,
            required: ['type', 'timestamp', 'data'],
            properties: {
              type: { type: 'string' as const, const: type, description: 'What happened.' },
              timestamp: { type: 'string' as const, format: 'date-time', description: 'When.' },
              data: refTo(data),
            },
          },
        },
      },
    },
    responses: { '2XX': { description: 'It has arrived.' } },
  };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function header(name: string, description: string) {
  return { name, in: 'header' as const, required: true, description, schema: { type: 'string' as const } };
}
