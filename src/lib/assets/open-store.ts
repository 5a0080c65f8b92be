import { createFolderStore } from './folder-store.ts';
import type { S3Place } from './s3-store.ts';
import type { AssetStore } from './store.ts';

/** Where ASSET_STORE says that the files are. */
export type AssetPlace = { kind: 'folder'; folder: string } | ({ kind: 's3' } & S3Place);

/** Opens the store of the files. The SDK of S3 is loaded only where it is used. */
export async function openAssetStore(place: AssetPlace): Promise<AssetStore> {
  if (place.kind === 'folder') return createFolderStore(place.folder);
  const { createS3Store } = await import('./s3-store.ts');
  return createS3Store(place);
}
