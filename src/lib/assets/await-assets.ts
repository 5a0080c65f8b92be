import { awaitStore, StoreRefused, type Wait } from '../await-store.ts';
import { type AssetPlace, openAssetStore } from './open-store.ts';
import { AssetStoreError } from './store.ts';

/** Waits until the store of the files can be used. Throws as `awaitStore` does, and StoreRefused. */
export async function awaitAssets(place: AssetPlace, wait: Wait): Promise<void> {
  const store = await openAssetStore(place);
  const ask = async () => {
    await store.ping().catch((error) => {
      const refused = error instanceof AssetStoreError && !error.away;
      throw refused ? new StoreRefused(`The store of the files cannot be used: ${error.message}`) : error;
    });
  };
  const isAway = (error: unknown) => error instanceof AssetStoreError;
  await awaitStore({ name: 'store of the files', ask, isAway }, wait).finally(store.close);
}
