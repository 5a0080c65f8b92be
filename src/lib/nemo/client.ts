import type { Readable } from 'node:stream';
import type { ExportOptions } from '../domain/job.ts';
import {
  AnyAnswer,
  ClaimAnswer,
  CreditsAnswer,
  RenderAnswer,
  SessionAnswer,
  TokenAnswer,
  UploadAnswer,
} from './answers.ts';
import { multipartFile } from './multipart.ts';
import type { Identity, SkillIdentity, Transport } from './transport.ts';

const RENDERS_PATH = '/api/render/proxy/lambda';

/**
 * The upstream, a method an endpoint (nemovideo-api.md). Every method is safe to call again but
 * the uploads (architecture.md, money rule 5: read the state first) and `runTurn`, which is not here.
 */
export type NemoClient = ReturnType<typeof createNemoClient>;

export function createNemoClient(transport: Transport) {
  const call = transport.call;
  return {
    /** A token for a client id. Once per client id and 7 days: then 429. */
    anonymousToken(clientId: string, skill: SkillIdentity): Promise<TokenAnswer> {
      const path = '/api/auth/anonymous-token';
      return call({ method: 'POST', path, token: null, skill, headers: { 'x-client-id': clientId } }, TokenAnswer);
    },

    createSession(who: Identity, language: string, signal: AbortSignal): Promise<SessionAnswer> {
      const path = '/api/tasks/me/with-session/nemo_agent';
      return call({ method: 'POST', path, ...who, json: { task_name: 'project', language }, signal }, SessionAnswer);
    },

    /** The token for the browser link of a session; it is made to be given away, unlike the bearer token. */
    async claimToken(
      who: Identity,
      session: { task_id: string | null; session_id: string },
      signal: AbortSignal,
    ): Promise<string> {
      const path = '/api/auth/claim-token';
      return (await call({ method: 'POST', path, ...who, json: session, signal }, ClaimAnswer)).claim_token;
    },

    state(who: Identity, sessionId: string, signal: AbortSignal): Promise<Record<string, unknown>> {
      const path = `/api/state/nemo_agent/me/${encodeURIComponent(sessionId)}/latest`;
      return call({ method: 'GET', path, ...who, signal }, AnyAnswer);
    },

    /** Brings one file into a session, from a stream of `bytes` bytes; it is read to the end or destroyed. */
    async uploadFile(
      who: Identity,
      sessionId: string,
      file: { name: string; contentType: string; bytes: number; content: Readable },
      signal: AbortSignal,
    ) {
      const body = multipartFile('files', file);
      return (await call({ method: 'POST', path: uploadPath(sessionId), ...who, body, signal }, UploadAnswer)).files[0];
    },

    /** Has the upstream fetch one file into a session. */
    async uploadUrl(who: Identity, sessionId: string, url: string, signal: AbortSignal) {
      const json = { urls: [url], source_type: 'url' };
      return (await call({ method: 'POST', path: uploadPath(sessionId), ...who, json, signal }, UploadAnswer)).files[0];
    },

    credits(who: Identity, signal: AbortSignal) {
      return call({ method: 'GET', path: '/api/credits/balance/simple', ...who, signal }, CreditsAnswer);
    },

    /** Submits a render under an id of ours. The same id again is refused by the upstream as a duplicate. */
    async submitRender(
      who: Identity,
      render: { id: string; sessionId: string; draft: unknown; output: ExportOptions },
      signal: AbortSignal,
    ): Promise<void> {
      await call({ method: 'POST', path: RENDERS_PATH, ...who, json: render, signal }, AnyAnswer);
    },

    render(who: Identity, renderId: string, signal: AbortSignal): Promise<RenderAnswer> {
      const path = `${RENDERS_PATH}/${encodeURIComponent(renderId)}`;
      return call({ method: 'GET', path, ...who, signal }, RenderAnswer);
    },

    /** Stops a render that nobody wants any more; one that has ended, or was never known, is refused. */
    async cancelRender(who: Identity, renderId: string, signal: AbortSignal): Promise<void> {
      const path = `${RENDERS_PATH}/${encodeURIComponent(renderId)}/cancel`;
      await call({ method: 'POST', path, ...who, signal }, AnyAnswer);
    },
  };
}

function uploadPath(sessionId: string): string {
  return `/api/upload-video/nemo_agent/me/${encodeURIComponent(sessionId)}`;
}
