import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { pullEvents } from '../../lib/db/pulled-events.ts';
import { validationFailed } from '../../lib/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { listView } from '../schemas/list.ts';
import { EventList } from '../schemas/webhook-events.ts';
import { ListEvents } from '../schemas/webhooks.ts';

const docs = {
  operationId: 'listEvents',
  tags: ['Webhooks'],
  summary: 'Pull the events',
  description: 'What webhooks tell, for 30 days; `starting_after` is the cursor, and none is ever skipped.',
  querystring: ListEvents,
  response: { 200: EventList },
};

/** The events that webhooks tell of, to pull. */
export const eventRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.get('/events', { schema: docs }, async (request) => {
    const { starting_after = null, limit } = request.query;
    const events = await pullEvents(db.pool, request.tenantId, starting_after, limit + 1);
    if (events === null) {
      throw validationFailed([{ pointer: '?starting_after', detail: 'There is no such event, or it is too old.' }]);
    }
    return listView(events, request.query, ({ id, type, at, body }) => ({
      id,
      object: 'event' as const,
      type,
      timestamp: at.toISOString(),
      data: body,
    }));
  });
};
