import { z } from 'zod';
import { PUBLIC_EVENTS } from '../../lib/domain/event-types.ts';
import { isId } from '../../lib/ids.ts';
import { checkWebhookUrl } from '../../lib/webhooks/url-policy.ts';
import type { ApiDeps } from '../deps.ts';
import { listQuery } from './list.ts';

const MAX_DESCRIPTION = 500;

/** Types of events; none: the default ones. */
const eventTypes = z
  .array(z.enum(PUBLIC_EVENTS, `Must be one of ${PUBLIC_EVENTS.join(', ')}.`))
  .max(PUBLIC_EVENTS.length)
  .transform((types) => [...new Set(types)]);

/** The bodies of `POST` and `PATCH /v1/webhook-endpoints`; the same rules for an address, whenever it comes. */
export function endpointSchemas(policy: ApiDeps['webhookPolicy']) {
  const url = z.string().superRefine((text, context) => {
    const checked = checkWebhookUrl(text, policy);
    if (!checked.ok) context.addIssue(checked.reason);
  });
  const description = z.string().max(MAX_DESCRIPTION).nullable();
  return {
    CreateEndpoint: z.strictObject({ url, events: eventTypes.default([]), description: description.default(null) }),
    PatchEndpoint: z
      .strictObject({ url, events: eventTypes, description, enabled: z.boolean() })
      .partial()
      .refine((patch) => Object.keys(patch).length > 0, 'Must change something.'),
  };
}

const time = z.iso
  .datetime({ offset: true, error: 'Must be a time such as 2026-11-21T12:00:00Z.' })
  .transform((text) => new Date(text));

/** The body of `POST /v1/webhook-endpoints/{id}/recover`. */
export const Recover = z
  .strictObject({ since: time, until: time.optional() })
  .refine(({ since, until }) => until === undefined || until >= since, {
    path: ['until'],
    error: 'Must not be before since.',
  });

export const WebhookParams = z.object({ id: z.string() });

/** The query of `GET /v1/webhook-messages`. */
export const ListMessages = listQuery('msg').extend({
  endpoint_id: z
    .string()
    .refine((id) => isId(id, 'whe'), 'Must be an id such as whe_….')
    .optional(),
  status: z.enum(['pending', 'delivered', 'failed'], 'Must be pending, delivered or failed.').optional(),
});

/** The query of `GET /v1/events`. */
export const ListEvents = listQuery('evt');
