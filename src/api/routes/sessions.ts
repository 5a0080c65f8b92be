import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { createSession } from '../../lib/commands/create-session.ts';
import { readSessionState } from '../../lib/domain/session-state.ts';
import { sessionView } from '../../lib/domain/session-view.ts';
import { timelineSvg } from '../../lib/domain/timeline-svg.ts';
import { Problem } from '../../lib/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { findSession } from '../find-session.ts';
import { listQuery, listView, pageOf } from '../schemas/list.ts';
import { CreateSession, SessionParams } from '../schemas/sessions.ts';
import { readSession, readStateView } from '../session-reading.ts';

/** The picture brings its styles and nothing else, wherever it is opened. */
const SVG_HEADERS = {
  'content-type': 'image/svg+xml; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'x-content-type-options': 'nosniff',
};

export const sessionRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, deps) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  const { db, skills } = deps;

  app.post('/sessions', { schema: { body: CreateSession } }, async (request, reply) => {
    const { skill, language = null, name = null } = request.body;
    if (!skills.has(skill)) {
      const fault = { pointer: '/skill', detail: `Must be one of ${[...skills.keys()].join(', ')}.` };
      throw new Problem('validation_failed', `${fault.pointer}: ${fault.detail}`, { faults: [fault] });
    }
    const id = await deps.once(request, reply, {
      create: (key) => createSession(db.pool, { tenantId: request.tenantId, skill, language, name }, key),
      again: async ([created = '']) => created,
    });
    reply.code(201).header('location', `/v1/sessions/${id}`);
    return sessionView(await findSession(db, request.tenantId, id));
  });

  app.get('/sessions', { schema: { querystring: listQuery('ses') } }, async (request) => {
    const page = pageOf(request.query);
    const rows = await db.prisma.session.findMany({ ...page, where: { ...page.where, tenant_id: request.tenantId } });
    return listView(rows, request.query, sessionView);
  });

  app.get('/sessions/:id', { schema: { params: SessionParams } }, async (request) =>
    sessionView(await findSession(db, request.tenantId, request.params.id)),
  );

  app.get('/sessions/:id/state', { schema: { params: SessionParams } }, async (request) =>
    readStateView(deps, await findSession(db, request.tenantId, request.params.id)),
  );

  app.get('/sessions/:id/timeline.svg', { schema: { params: SessionParams } }, async (request, reply) => {
    const { data } = await readSession(deps, await findSession(db, request.tenantId, request.params.id));
    return reply.headers(SVG_HEADERS).send(timelineSvg(readSessionState(data)));
  });
};
