import type { FastifyReply } from 'fastify';

/** An answer that is not a success; the error handler writes it as it stands. A `body` of text is HTML. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly body: string | Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(status: number, body: string | Record<string, unknown>, headers: Record<string, string> = {}) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }

  /** Of the envelope; null where there is none. */
  get code(): number | null {
    return typeof this.body === 'object' && typeof this.body.code === 'number' ? this.body.code : null;
  }

  send(reply: FastifyReply): FastifyReply {
    const type = typeof this.body === 'string' ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8';
    return reply.code(this.status).headers(this.headers).type(type).send(this.body);
  }
}

/** An error of the envelope (nemovideo-api.md, "Error codes"). */
export function refusal(status: number, code: number, message: string): Refusal {
  return new Refusal(status, { code, message });
}

export function badRequest(message: string): Refusal {
  return refusal(400, 400, message);
}

export function sessionNotFound(sessionId: string): Refusal {
  return refusal(404, 1002, `session ${sessionId} not found`);
}

/** HTTP 200 on purpose: an error code counts whatever the status is. */
export function noCredits(): Refusal {
  return refusal(200, 2001, 'insufficient credits');
}

/** An error of the render proxy, which has an envelope of its own. */
export function renderRefusal(status: number, error: string): Refusal {
  return new Refusal(status, { success: false, error });
}
