import { z } from 'zod';
import { listOf, moment, oneOf } from './answer.ts';
import { listQuery, pathOf } from './list.ts';

export const ListAssets = listQuery('ast');

export const AssetParams = pathOf('ast');

export const Asset = z
  .object({
    id: z.string().describe('`ast_…`'),
    object: z.literal('asset').describe('Always `asset`.'),
    filename: z.string().describe('As the client named it.'),
    content_type: z.string().describe('By its bytes.'),
    kind: oneOf('video', 'image', 'audio', 'text').describe('By its bytes.'),
    bytes: z.int().describe('Its size.'),
    sha256: z.string().describe('The digest of its bytes, in hex.'),
    created_at: moment.describe('When it was uploaded.'),
  })
  .meta({ id: 'Asset', description: 'A file that was uploaded; jobs name it.' });

export const AssetList = listOf('AssetList', Asset);

export const CreatedAssets = z
  .object({
    object: z.literal('list').describe('Always `list`.'),
    data: z.array(Asset).describe('In the order of the parts.'),
  })
  .meta({ id: 'CreatedAssets', description: 'The files of one request.' });
