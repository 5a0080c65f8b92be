import type { Accounts } from '../lib/accounts.ts';
import type { HeicConverter } from '../lib/assets/convert.ts';
import type { AssetStore } from '../lib/assets/store.ts';
import type { Config } from '../lib/config.ts';
import type { Vault } from '../lib/crypto.ts';
import type { Database } from '../lib/db/database.ts';
import type { JobStatements } from '../lib/db/job-statements.ts';
import type { Logger } from '../lib/logger.ts';
import type { NemoClient } from '../lib/nemo/client.ts';
import type { Outputs } from '../lib/nemo/output.ts';
import type { Skill } from '../lib/skills.ts';
import type { CreditsRecorder } from './credits-recorder.ts';

/** What the phases of a job work with; built once a process. */
export type PhaseDeps = {
  config: Config;
  db: Database;
  shared: JobStatements;
  credits: CreditsRecorder;
  nemo: NemoClient;
  outputs: Outputs;
  accounts: Accounts;
  skills: ReadonlyMap<string, Skill>;
  vault: Vault;
  store: AssetStore;
  heic: HeicConverter;
  log: Logger;
};
