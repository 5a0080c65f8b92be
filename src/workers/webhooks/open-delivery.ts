import { createGuardedAgent } from '../../lib/webhooks/guarded-agent.ts';
import type { PhaseDeps } from '../deps.ts';
import { startDelivery } from './deliver-webhooks.ts';

/** A webhook receiver answers from where it is within a few seconds or not at all. In ms. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Sockets to one origin: many endpoints may live there, and what waits for a socket is running out of time. */
const CONNECTIONS_PER_ORIGIN = 100;

/** Starts the delivery of webhooks, with connections of its own. */
export function openDelivery({ config, db, vault, log }: PhaseDeps): { kick(): void; stop(): Promise<void> } {
  const agent = createGuardedAgent(config.WEBHOOK_POLICY, {
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    maxConnectionsPerOrigin: CONNECTIONS_PER_ORIGIN,
  });
  const { WEBHOOK_TIMEOUT: timeoutMs, WEBHOOK_RETRY_SCHEDULE: schedule } = config;
  const delivery = startDelivery({ db: db.pool, vault, agent, timeoutMs, schedule, log });
  return {
    kick: delivery.kick,
    async stop() {
      await delivery.stop();
      await agent.destroy();
    },
  };
}
