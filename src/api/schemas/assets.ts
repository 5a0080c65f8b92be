import { z } from 'zod';
import { listQuery } from './list.ts';

export const ListAssets = listQuery('ast');

export const AssetParams = z.object({ id: z.string() });
