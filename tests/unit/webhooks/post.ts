import type { LookupFunction } from 'node:net';
import type { Agent } from 'undici';
import { onTestFinished } from 'vitest';
import { parseSubnets } from '../../../src/lib/webhooks/address-policy.ts';
import { createGuardedAgent } from '../../../src/lib/webhooks/guarded-agent.ts';
import { type AttemptResult, sendWebhook } from '../../../src/lib/webhooks/send.ts';

/** An agent that may reach receivers on this machine, until the test is over. */
export function newAgent(options: { lookup?: LookupFunction; connections?: number } = {}): Agent {
  const { connections = 4, ...rest } = options;
  const policy = { allowHttp: true, allowedSubnets: parseSubnets('127.0.0.0/8') };
  const agent = createGuardedAgent(policy, { connectTimeoutMs: 5_000, maxConnectionsPerOrigin: connections, ...rest });
  onTestFinished(() => agent.destroy());
  return agent;
}

/** Sends one small webhook. */
export function post(
  url: string,
  options: { agent?: Agent; timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<AttemptResult> {
  const { agent = newAgent(), timeoutMs = 2_000, ...rest } = options;
  const headers = { 'user-agent': 'reelay/test' };
  return sendWebhook(agent, { url, headers, body: Buffer.from('{"type":"webhook.test"}'), timeoutMs, ...rest });
}
