import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { createSession } from '../../lib/commands/create-session.ts';
import { readSessionFiles } from '../../lib/domain/session-files.ts';
import { readSessionState } from '../../lib/domain/session-state.ts';
import { sessionView } from '../../lib/domain/session-view.ts';
import { isExportable, timelineView } from '../../lib/domain/timeline.ts';
import { timelineSvg } from '../../lib/domain/timeline-svg.ts';
import { Problem } from '../../lib/errors.ts';
import { isId } from '../../lib/ids.ts';
import type { ApiDeps } from '../deps.ts';
import { listQuery, listView, pageOf } from '../schemas/list.ts';
import { CreateSession, SessionParams } from '../schemas/sessions.ts';
import { readSession } from '../session-reading.ts';

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
    const { skill, language, name = null } = request.body;
    if (!skills.has(skill)) {
      const fault = { pointer: '/skill', detail: `Must be one of ${[...skills.keys()].join(', ')}.` };
      throw new Problem('validation_failed', `${fault.pointer}: ${fault.detail}`, { faults: [fault] });
    }
    const id = await deps.once(request, reply, {
      create: (key) => createSession(db.pool, { tenantId: request.tenantId, skill, language, name }, key),
      again: async ([created = '']) => created,
    });
    reply.code(201).header('location', `/v1/sessions/${id}`);
    return sessionView(await findSession(request.tenantId, id));
  });

  app.get('/sessions', { schema: { querystring: listQuery('ses') } }, async (request) => {
    const page = pageOf(request.query);
    const rows = await db.prisma.session.findMany({ ...page, where: { ...page.where, tenant_id: request.tenantId } });
    return listView(rows, request.query, sessionView);
  });

  app.get('/sessions/:id', { schema: { params: SessionParams } }, async (request) =>
    sessionView(await findSession(request.tenantId, request.params.id)),
  );

  app.get('/sessions/:id/state', { schema: { params: SessionParams } }, async (request) => {
    const row = await findSession(request.tenantId, request.params.id);
    const { data, at, stale } = await readSession(deps, row);
    const state = readSessionState(data);
    return {
      object: 'session_state',
      session_id: row.id,
      timeline: timelineView(state),
      canvas: state.canvas,
      media: state.media.map(({ url, kind }) => ({ url, kind })),
      files: readSessionFiles(data),
      ready_for_export: isExportable(state),
      as_of: at.toISOString(),
      stale,
    };
  });

  app.get('/sessions/:id/timeline.svg', { schema: { params: SessionParams } }, async (request, reply) => {
    const { data } = await readSession(deps, await findSession(request.tenantId, request.params.id));
    return reply.headers(SVG_HEADERS).send(timelineSvg(readSessionState(data)));
  });

  async function findSession(tenantId: string, id: string) {
    const row = isId(id, 'ses') ? await db.prisma.session.findFirst({ where: { id, tenant_id: tenantId } }) : null;
    if (!row) throw new Problem('not_found', 'There is no such session.');
    return row;
  }
};
