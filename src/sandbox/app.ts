import type { AddressInfo } from 'node:net';
import multipart from '@fastify/multipart';
import Fastify, { type FastifyError } from 'fastify';
import { missingAttribution } from './attribution.ts';
import { injectFault } from './inject-fault.ts';
import { DEFAULTS, type SandboxOptions } from './options.ts';
import { Refusal, refusal } from './refusal.ts';
import { anonymousTokenRoute } from './routes/anonymous-token.ts';
import { claimTokenRoute } from './routes/claim-token.ts';
import { controlRoutes } from './routes/control.ts';
import { creditsRoute } from './routes/credits.ts';
import { filesRoute } from './routes/files.ts';
import { renderRoutes } from './routes/renders.ts';
import { runSseRoute } from './routes/run-sse.ts';
import { sessionsRoute } from './routes/sessions.ts';
import { stateRoute } from './routes/state.ts';
import { uploadRoute } from './routes/upload.ts';
import { createWorld } from './world.ts';

export type Sandbox = {
  /** Port 0: any free one. Resolves to the base URL, without a slash at its end. */
  listen(port?: number, host?: string): Promise<string>;
  /** Ends at once: open streams break off. */
  close(): Promise<void>;
};

/** Long timelines and prompts stay far below. */
const MAX_JSON_BYTES = 32_000_000;
const MAX_UPLOAD_FILES = 100;

const UPSTREAM_ROUTES = [
  anonymousTokenRoute,
  sessionsRoute,
  claimTokenRoute,
  runSseRoute,
  stateRoute,
  uploadRoute,
  creditsRoute,
  renderRoutes,
];

/** A simulated NemoVideo: an HTTP server that keeps everything in memory. */
export function buildSandbox(options: Partial<SandboxOptions> = {}): Sandbox {
  const settings = { ...DEFAULTS, ...options };
  let world = createWorld(settings);
  const current = () => world;

  const app = Fastify({ bodyLimit: MAX_JSON_BYTES, forceCloseConnections: true });
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    const status = error.statusCode ?? 500;
    const answer = error instanceof Refusal ? error : refusal(status, status, error.message);
    return answer.send(reply);
  });
  app.setNotFoundHandler((request, reply) => {
    const route = `${request.method} ${request.url}`;
    world.log.request(route);
    return refusal(404, 404, `nothing at ${route}`).send(reply);
  });
  app.register(multipart, {
    limits: { fileSize: settings.maxUploadBytes, files: MAX_UPLOAD_FILES },
    throwFileSizeLimit: false,
  });
  app.register(async (upstream) => {
    upstream.addHook('onRequest', async (request) => {
      const route = `${request.method} ${request.routeOptions.url}`;
      world.log.request(route);
      // Files lie on a CDN, which asks for no headers.
      if (route.includes(' /files/')) return;
      for (const header of missingAttribution(request.headers)) world.log.missingHeader(route, header);
    });
    upstream.addHook('preHandler', (request, reply) => injectFault(world, request, reply));
    for (const route of [...UPSTREAM_ROUTES, filesRoute]) route(upstream, current);
  });
  controlRoutes(app, current, () => {
    world.stop();
    world = createWorld(settings);
  });

  return {
    async listen(port = 0, host = '127.0.0.1') {
      await app.listen({ port, host });
      const { port: bound } = app.server.address() as AddressInfo;
      const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
      return `http://${name.includes(':') ? `[${name}]` : name}:${bound}`;
    },
    async close() {
      world.stop();
      await app.close();
    },
  };
}
