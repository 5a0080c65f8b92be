import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { type Intent, readIntent } from '../../lib/domain/intent/intent.ts';
import { jobView } from '../../lib/domain/job-view.ts';
import { Problem, validationFailed } from '../../lib/errors.ts';
import { acceptJob } from '../accept-job.ts';
import { readCreditsView } from '../credits-reading.ts';
import type { ApiDeps } from '../deps.ts';
import { findSession, latestSession } from '../find-session.ts';
import { asFaultOfMessage, exportJob, messageJob } from '../message-job.ts';
import { prepareJob } from '../prepare-job.ts';
import type { SubmitJob } from '../schemas/jobs.ts';
import { MessageAnswer, MessageJob, SendMessage } from '../schemas/messages.ts';
import { readStateView } from '../session-reading.ts';

const docs = {
  operationId: 'sendMessage',
  tags: ['Messages'],
  summary: 'Say what you want',
  description:
    'What the words ask for is done: a job is made, or the credits or the state of a session are shown. Takes whatever a job takes.',
  body: SendMessage,
  response: {
    200: MessageAnswer.describe('What was asked for.'),
    202: MessageJob.describe('The job that does it is stored.'),
  },
};
const CONFIG = {
  takes: ['idempotency-key', 'prefer'],
  gives: ['location'],
  problems: ['draft_not_ready', 'not_found', 'client_reference_used', 'queue_full'],
} as const;

/** The router: what the words of a message ask for is done (api.md, "Messages"). */
export const messageRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, deps) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  const { db } = deps;

  app.post('/messages', { schema: docs, config: CONFIG }, async (request, reply) => {
    const { tenantId, body } = request;
    const action = await actionOf(tenantId, body);
    switch (action) {
      case 'upload':
        if (body.assets.length === 0)
          throw validationFailed([{ pointer: '/assets', detail: 'Must name the files to upload.' }]);
        return submit(request, reply, messageJob(action, body));
      case 'generate':
        return submit(request, reply, messageJob(action, body));
      case 'export': {
        const sessionId = body.session_id ?? (await latestSession(db, tenantId))?.id;
        if (sessionId === undefined) throw new Problem('draft_not_ready', 'There is no session whose video to export.');
        return submit(request, reply, exportJob(body, sessionId));
      }
      case 'credits':
        await namedSession(tenantId, body);
        return { action, credits: await readCreditsView(deps, tenantId) };
      case 'state': {
        const session = (await namedSession(tenantId, body)) ?? (await latestSession(db, tenantId));
        if (!session) throw new Problem('not_found', 'There is no session yet.');
        const { status, workspace_url } = session;
        return { action, session: { ...(await readStateView(deps, session)), status, workspace_url } };
      }
    }
  });

  async function actionOf(tenantId: string, { text, assets }: SendMessage): Promise<Intent> {
    const intent = readIntent(text, { hasAssets: assets.length > 0 });
    // A text file brings the words that the message has not.
    const speaks = intent === 'upload' && text.trim() === '' && (await hasText(tenantId, assets));
    return speaks ? 'generate' : intent;
  }

  async function hasText(tenantId: string, assets: SendMessage['assets']): Promise<boolean> {
    const ids = assets.flatMap((ref) => ('asset_id' in ref ? ref.asset_id : []));
    const where = { id: { in: ids }, tenant_id: tenantId, kind: 'text', deleted_at: null };
    return ids.length > 0 && (await db.prisma.asset.count({ where })) > 0;
  }

  /** The session that the message names; null where it names none. Throws validation_failed for one that is not there. */
  async function namedSession(tenantId: string, { session_id: id }: SendMessage) {
    if (id == null) return null;
    return findSession(db, tenantId, id).catch((error) => {
      if (!(error instanceof Problem)) throw error;
      throw validationFailed([{ pointer: '/session_id', detail: error.message }]);
    });
  }

  async function submit(request: FastifyRequest, reply: FastifyReply, body: SubmitJob) {
    const prepare = () =>
      prepareJob(deps, request, body).catch((error) => {
        throw asFaultOfMessage(error);
      });
    const job = jobView(await acceptJob(deps, request, reply, prepare));
    return { action: job.type, job };
  }
};
