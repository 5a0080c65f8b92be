import type { Database } from '../lib/db/database.ts';
import { readMessages } from '../lib/db/message-records.ts';
import type { MessageRecord } from '../lib/domain/message-view.ts';
import { Problem } from '../lib/errors.ts';
import { isId } from '../lib/ids.ts';

/** A webhook message of the tenant. Throws not_found for one that does not exist, or is another's. */
export async function findMessage(db: Database, tenantId: string, id: string): Promise<MessageRecord> {
  const [message] = isId(id, 'msg') ? await readMessages(db.pool, tenantId, { id, limit: 1 }) : [];
  if (!message) throw new Problem('not_found', 'There is no such webhook message.');
  return message;
}
