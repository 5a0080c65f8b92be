import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { createSession } from '../../lib/commands/create-session.ts';
import { readSessionState } from '../../lib/domain/session-state.ts';
import { sessionView } from '../../lib/domain/session-view.ts';
import { timelineSvg } from '../../lib/domain/timeline/svg.ts';
import { validationFailed } from '../../lib/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { findSession } from '../find-session.ts';
import { unknownSkill } from '../prepare-job.ts';
import { otherThanJson } from '../schemas/answer.ts';
import { listQuery, listView, pageOf } from '../schemas/list.ts';
import { CreateSession, Session, SessionList, SessionParams, SessionState } from '../schemas/sessions.ts';
import { readSession, readStateView } from '../session-reading.ts';

/** The picture brings its styles and nothing else, wherever it is opened. */
const SVG_HEADERS = {
  'content-type': 'image/svg+xml; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'x-content-type-options': 'nosniff',
};

const docs = {
  create: {
    operationId: 'createSession',
    tags: ['Sessions'],
    summary: 'Make a session',
    description: 'A job without a session opens one of its own; one that is made here can be given a name.',
    body: CreateSession,
    response: { 201: Session },
  },
  list: {
    operationId: 'listSessions',
    tags: ['Sessions'],
    summary: 'List the sessions',
    querystring: listQuery('ses'),
    response: { 200: SessionList },
  },
  get: {
    operationId: 'getSession',
    tags: ['Sessions'],
    summary: 'Show a session',
    params: SessionParams,
    response: { 200: Session },
  },
  state: {
    operationId: 'getSessionState',
    tags: ['Sessions'],
    summary: 'Show what a session holds',
    description: 'Read live, in at most 5 s; else as it was last read, with `stale: true`.',
    params: SessionParams,
    response: { 200: SessionState },
  },
  picture: {
    operationId: 'getSessionTimeline',
    tags: ['Sessions'],
    summary: 'Show the tracks of a session as a picture',
    params: SessionParams,
    response: { 200: otherThanJson('The picture.', { 'image/svg+xml': 'The tracks, drawn to scale.' }) },
  },
};
const CREATE_CONFIG = { takes: ['idempotency-key'], gives: ['location'] } as const;

export const sessionRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, deps) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  const { db, skills } = deps;

  app.post('/sessions', { schema: docs.create, config: CREATE_CONFIG }, async (request, reply) => {
    const { skill, language = null, name = null } = request.body;
    if (!skills.has(skill)) throw validationFailed([unknownSkill(skills)]);
    const id = await deps.once(request, reply, {
      create: (key) => createSession(db.pool, { tenantId: request.tenantId, skill, language, name }, key),
      again: async ([created]) => created,
    });
    reply.code(201).header('location', `/v1/sessions/${id}`);
    return sessionView(await findSession(db, request.tenantId, id));
  });

  app.get('/sessions', { schema: docs.list }, async (request) => {
    const page = pageOf(request.query);
    const rows = await db.prisma.session.findMany({ ...page, where: { ...page.where, tenant_id: request.tenantId } });
    return listView(rows, request.query, sessionView);
  });

  app.get('/sessions/:id', { schema: docs.get }, async (request) =>
    sessionView(await findSession(db, request.tenantId, request.params.id)),
  );

  app.get('/sessions/:id/state', { schema: docs.state }, async (request) =>
    readStateView(deps, await findSession(db, request.tenantId, request.params.id)),
  );

  app.get('/sessions/:id/timeline.svg', { schema: docs.picture }, async (request, reply) => {
    const { data } = await readSession(deps, await findSession(db, request.tenantId, request.params.id));
    return reply.headers(SVG_HEADERS).send(timelineSvg(readSessionState(data)));
  });
};
