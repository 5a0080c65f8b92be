import multipart from '@fastify/multipart';
import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { storeAssets } from '../../lib/commands/store-assets.ts';
import { type AssetRow, deleteAsset } from '../../lib/db/assets.ts';
import { isUnreachable } from '../../lib/db/unreachable.ts';
import { Problem } from '../../lib/errors.ts';
import { isId } from '../../lib/ids.ts';
import type { ApiDeps } from '../deps.ts';
import { discardFiles, receiveFiles } from '../receive-files.ts';
import { noBody } from '../schemas/answer.ts';
import { Asset, AssetList, AssetParams, CreatedAssets, ListAssets } from '../schemas/assets.ts';
import { listView, pageOf } from '../schemas/list.ts';

const docs = {
  create: {
    operationId: 'createAssets',
    tags: ['Assets'],
    summary: 'Upload files',
    description:
      'One or more file parts of a `multipart/form-data` body, at most 20. What a file is, its bytes say. All are kept, or none.',
    consumes: ['multipart/form-data'],
    response: { 201: CreatedAssets },
  },
  list: {
    operationId: 'listAssets',
    tags: ['Assets'],
    summary: 'List the files',
    querystring: ListAssets,
    response: { 200: AssetList },
  },
  get: {
    operationId: 'getAsset',
    tags: ['Assets'],
    summary: 'Show a file',
    params: AssetParams,
    response: { 200: Asset },
  },
  delete: {
    operationId: 'deleteAsset',
    tags: ['Assets'],
    summary: 'Delete a file',
    description: 'Gone at once; a job that has named it keeps it until it has ended.',
    params: AssetParams,
    response: { 204: noBody('It is gone.') },
  },
};

/** Files that clients give us; jobs name them. */
export const assetRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db, store, maxUploadBytes, once }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  await app.register(multipart);

  app.post('/assets', { schema: docs.create, config: { takes: ['idempotency-key'] } }, async (request, reply) => {
    if (!request.isMultipart()) throw new Problem('unsupported_media_type', 'Send the files as multipart/form-data.');
    const files = await receiveFiles(request, store, maxUploadBytes);
    const rows = await once(request, reply, {
      sent: files.map(({ filename, sha256 }) => [filename, sha256]),
      create: (key) => storeAssets(db.pool, request.tenantId, files, key),
      async again(ids) {
        await discardFiles(store, files, request.log);
        return keptAssets(request.tenantId, ids);
      },
    }).catch(async (error) => {
      // A commit whose answer was lost may have made them assets; then they are needed, else a file stays that nobody knows.
      if (!isUnreachable(error)) await discardFiles(store, files, request.log);
      throw error;
    });
    return reply.code(201).send({ object: 'list' as const, data: rows.map(assetView) });
  });

  app.get('/assets', { schema: docs.list }, async (request) => {
    const page = pageOf(request.query);
    const where = { ...page.where, tenant_id: request.tenantId, deleted_at: null };
    const rows = await db.prisma.asset.findMany({ ...page, where });
    return listView(rows, request.query, assetView);
  });

  app.get('/assets/:id', { schema: docs.get }, async (request) => {
    const { id } = request.params;
    const where = { id, tenant_id: request.tenantId, deleted_at: null };
    const row = isId(id, 'ast') ? await db.prisma.asset.findFirst({ where }) : null;
    if (!row) throw noAsset();
    return assetView(row);
  });

  /** Gone for the client at once; a job that has named it keeps the file until it has ended. */
  app.delete('/assets/:id', { schema: docs.delete }, async (request, reply) => {
    const { id } = request.params;
    if (!isId(id, 'ast') || !(await deleteAsset(db.pool, request.tenantId, id))) throw noAsset();
    return reply.code(204).send();
  });

  /** Those of them that have not been deleted since, in their order. */
  async function keptAssets(tenantId: string, ids: readonly string[]): Promise<AssetRow[]> {
    const where = { id: { in: [...ids] }, tenant_id: tenantId, deleted_at: null };
    const rows = await db.prisma.asset.findMany({ where });
    return ids.flatMap((id) => rows.find((row) => row.id === id) ?? []);
  }
};

function assetView({ id, filename, content_type, kind, bytes, sha256, created_at }: AssetRow) {
  const created = created_at.toISOString();
  return { id, object: 'asset' as const, filename, content_type, kind, bytes, sha256, created_at: created };
}

function noAsset(): Problem {
  return new Problem('not_found', 'There is no such asset.');
}
