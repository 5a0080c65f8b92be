import { runMigrations } from 'bullmq';
import type pg from 'pg';

/** Brings BullMQ's own schema (`bullmq`) up to date. A pool that is passed to BullMQ never does so by itself. */
export async function migrateQueue(client: pg.ClientBase): Promise<void> {
  await runMigrations(client as unknown as Parameters<typeof runMigrations>[0]);
}
