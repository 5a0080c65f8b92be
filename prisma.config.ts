import { defineConfig } from 'prisma/config';

// `generate` and `validate` insist on a schema-engine binary that they never run, and that cannot always be
// downloaded; any executable satisfies them. Migrations are plain SQL and applied by src/lib/db/migrate.ts.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost:5432/reelay' },
});
