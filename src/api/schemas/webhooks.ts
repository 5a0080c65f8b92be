import { z } from 'zod';
import { PUBLIC_EVENTS } from '../../lib/domain/event-types.ts';
import { MESSAGE_STATUSES } from '../../lib/domain/message-view.ts';
import { checkWebhookUrl } from '../../lib/webhooks/url-policy.ts';
import type { ApiDeps } from '../deps.ts';
import { boundedText } from './bounded.ts';
import { idOf, listQuery, pathOf, time } from './list.ts';

const MAX_DESCRIPTION = 500;

/** Types of events; none: the default ones. */
const eventTypes = z
  .array(z.enum(PUBLIC_EVENTS, `Must be one of ${PUBLIC_EVENTS.join(', ')}.`))
  .max(PUBLIC_EVENTS.length)
  .transform((types) => [...new Set(types)]);

/** The bodies of `POST` and `PATCH /v1/webhook-endpoints`; the same rules for an address, whenever it comes. */
export function endpointSchemas(policy: ApiDeps['webhookPolicy']) {
  const url = z
    .string()
    .describe('Where it is sent: https, a public address.')
    .superRefine((text, context) => {
      const checked = checkWebhookUrl(text, policy);
      if (!checked.ok) context.addIssue(checked.reason);
    });
  const description = boundedText(MAX_DESCRIPTION).nullable().describe('Anything of yours.');
  const events = eventTypes.describe('What is sent; none: the ends of jobs and batches.');
  return {
    CreateEndpoint: z
      .strictObject({ url, events: events.default([]), description: description.default(null) })
      .meta({ examples: [{ url: 'https://example.com/hook', events: ['job.succeeded', 'job.failed'] }] }),
    PatchEndpoint: z
      .strictObject({ url, events, description, enabled: z.boolean().describe('false: nothing is sent.') })
      .partial()
      .refine((patch) => Object.keys(patch).length > 0, 'Must change something.')
      .meta({ minProperties: 1, examples: [{ enabled: false }] }),
  };
}

/** The body of `POST /v1/webhook-endpoints/{id}/recover`. */
export const Recover = z
  .strictObject({
    since: time.describe('From when on, 14 days ago at most.'),
    until: time.optional().describe('Until when; left out: now.'),
  })
  .refine(({ since, until }) => until === undefined || until >= since, {
    path: ['until'],
    error: 'Must not be before since.',
  })
  .meta({ examples: [{ since: '2026-11-20T00:00:00Z' }] });

export const EndpointParams = pathOf('whe');
export const MessageParams = pathOf('msg');

/** The query of `GET /v1/webhook-messages`. */
export const ListMessages = listQuery('msg').extend({
  endpoint_id: idOf('whe').optional().describe('Only messages to this endpoint.'),
  status: z
    .enum(MESSAGE_STATUSES, `Must be one of ${MESSAGE_STATUSES.join(', ')}.`)
    .optional()
    .describe('Only messages that have it.'),
});

/** The query of `GET /v1/events`. */
export const ListEvents = listQuery('evt');
