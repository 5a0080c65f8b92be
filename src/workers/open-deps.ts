import { hostname } from 'node:os';
import { createAccounts } from '../lib/accounts.ts';
import { createHeicConverter } from '../lib/assets/convert.ts';
import { openAssetStore } from '../lib/assets/open-store.ts';
import type { Config } from '../lib/config.ts';
import { createVault, sha256 } from '../lib/crypto.ts';
import { openDatabase } from '../lib/db/database.ts';
import { createJobStatements } from '../lib/db/job-statements.ts';
import type { Logger } from '../lib/logger.ts';
import { createNemoClient } from '../lib/nemo/client.ts';
import { createOutputs } from '../lib/nemo/output.ts';
import { createTransport } from '../lib/nemo/transport.ts';
import { poolSizes } from '../lib/pool-sizes.ts';
import { loadSkills } from '../lib/skills.ts';
import { createCreditsRecorder } from './credits-recorder.ts';
import type { PhaseDeps } from './deps.ts';

/** Opens what the phases of a job work with. @returns it, and what closes it once no job runs any more. */
export async function openDeps(
  config: Config,
  log: Logger,
  onError: (error: Error) => void,
): Promise<{ deps: PhaseDeps; close(): Promise<void> }> {
  const skills = await loadSkills(config.SKILLS_DIR, config.SKILL_SOURCE);
  const vault = createVault(config.ENCRYPTION_KEY, config.ENCRYPTION_KEYS_OTHER);
  const db = openDatabase(config.DATABASE_URL, { poolSize: poolSizes('worker', config).database, onError });
  const transport = createTransport(config.NEMO_API_URL);
  const nemo = createNemoClient(transport);
  const outputs = createOutputs(config.NEMO_API_URL);
  const store = await openAssetStore(config.ASSET_STORE);
  const deps: PhaseDeps = {
    config,
    db,
    shared: createJobStatements(db.pool, {
      worker: `${hostname()}:${process.pid}`,
      nemoTokenHash: config.NEMO_TOKEN === undefined ? null : sha256(config.NEMO_TOKEN),
      renderMs: config.RENDER_TIMEOUT,
    }),
    credits: createCreditsRecorder(db.pool, log, {
      lowBelow: config.CREDITS_LOW,
      wakeAtOnce: config.TENANT_CONCURRENCY,
    }),
    nemo,
    outputs,
    accounts: createAccounts({ db, vault, nemo, nemoToken: config.NEMO_TOKEN }),
    skills,
    vault,
    store,
    heic: createHeicConverter(),
    log,
  };
  const close = async () => {
    await deps.credits.flush();
    await Promise.all([transport.close(), outputs.close()]);
    store.close();
    await db.close();
  };
  return { deps, close };
}
