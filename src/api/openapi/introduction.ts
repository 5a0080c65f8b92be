import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { VERSION } from '../../lib/version.ts';
import { webhookDocs } from '../schemas/webhook-events.ts';

/** What the document says beside its routes. */
export const introduction = {
  openapi: '3.1.0',
  info: {
    title: 'Reelay',
    version: VERSION,
    description: `A job queue in front of NemoVideo: submit video jobs, get the finished URL by signed webhook.

Times are ISO 8601 in UTC, durations in requests whole seconds. Lists are newest first, one page at a time. New fields may
appear in answers any time: ignore those that you do not know. Lengths of texts are counted in characters (code points);
NUL and half a surrogate pair are refused anywhere in a body.

A header \`X-Request-Id\` of 1 to 128 visible ASCII characters is echoed, else one is made; it is in logs, problems and the
job (\`request_id\`). A \`traceparent\` (W3C) is carried through the queue and to the webhook.

Every error is a problem document (RFC 9457, \`application/problem+json\`); decide by its \`code\`, which
[/docs/errors](/docs/errors) explains. A path that has other methods answers 405 with \`Allow\`, one that does not exist
404; what is no valid HTTP at all is answered with 400 \`bad_request\`, 408 \`request_timeout\` or 431 \`headers_too_large\`.`,
  },
  servers: [{ url: '/' }],
  security: [{ apiKey: [] }],
  components: {
    securitySchemes: {
      apiKey: { type: 'http', scheme: 'bearer', description: 'The API key of a tenant: `rk_…`.' },
      adminToken: { type: 'http', scheme: 'bearer', description: "The operator's `ADMIN_TOKEN`." },
    },
  },
  webhooks: webhookDocs,
  tags: [
    { name: 'Jobs', description: 'What is asked of Reelay: generate, upload, export.' },
    { name: 'Batches', description: 'Many jobs in one request.' },
    { name: 'Messages', description: 'Words in, and what they ask for comes out.' },
    { name: 'Sessions', description: 'Projects, each with one timeline.' },
    { name: 'Assets', description: 'Files that jobs work with.' },
    { name: 'Account', description: 'The NemoVideo account and its credits.' },
    { name: 'Skills', description: 'Ways of working that jobs may name.' },
    { name: 'Webhooks', description: 'Who is told what, and what became of it.' },
    { name: 'Operation', description: 'For whoever runs it.' },
  ],
} satisfies FastifyDynamicSwaggerOptions['openapi'];
