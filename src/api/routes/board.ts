import type { FastifyPluginAsync } from 'fastify';
import { isSameSecret } from '../../lib/crypto.ts';
import { createReadiness, notReady } from '../../lib/readiness.ts';
import type { ApiDeps } from '../deps.ts';
import { refusal } from '../plugins/administration.ts';
import { sendProblem } from '../send-problem.ts';

/** The name that a browser's dialogue asks for; the password is ADMIN_TOKEN. */
const USER = 'admin';
/** The page would ask others for its fonts: it works without, and nobody else needs to know of it. */
const ONLY_OURS = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

type Deps = Pick<ApiDeps, 'queue' | 'rateLimit'> & { adminToken: string; prefix: string };

/** The queues in a browser, to look at: entries come and go by the rows in Postgres, not by hand. */
export const boardRoutes: FastifyPluginAsync<Deps> = async (app, { queue, rateLimit, adminToken, prefix }) => {
  const missing = createReadiness({ queue: queue.ping });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('content-security-policy', ONLY_OURS);
    // Sent here: the board has a handler of its own for what is thrown.
    if (!isSameSecret(request.headers.authorization ?? '', basic(adminToken))) {
      reply.header('www-authenticate', 'Basic realm="Reelay", charset="UTF-8"');
      const detail = `The user is ${USER}, the password is the ADMIN_TOKEN.`;
      return sendProblem(request, reply, refusal(rateLimit, request, reply, detail));
    }
    // BullMQ would wait for its store for ever.
    const names = await missing();
    if (names.length > 0) return sendProblem(request, reply, notReady(names));
  });
  // A quarter of a second, for those who use it.
  const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/fastify'),
  ]);
  const serverAdapter = new FastifyAdapter();
  createBullBoard({
    queues: queue.queues.map((each) => new BullMQAdapter(each, { readOnlyMode: true })),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Reelay' } },
  });
  serverAdapter.setBasePath(prefix);
  await app.register(serverAdapter.registerPlugin());
};

function basic(password: string): string {
  return `Basic ${Buffer.from(`${USER}:${password}`).toString('base64')}`;
}
