import { type Database, migrateDatabase, openDatabase } from '@sotto/database';
import { deriveShopKeys, type ShopKeys } from '@sotto/vault';
import { openScratchCluster } from '../../local/scratch-cluster.ts';
import { generateSecrets } from '../../local/secrets.ts';

export interface ScratchShop {
  readonly database: Database;
  readonly keys: ShopKeys;
  close(): Promise<void>;
}

/** What is written here is thrown away. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** An empty shop on a PostgreSQL of its own, with keys of its own; all of it is gone when it is closed. */
export async function openScratchShop(): Promise<ScratchShop> {
  const cluster = await openScratchCluster('answers', SETTINGS);
  try {
    await migrateDatabase(cluster.url);
    const database = openDatabase({ url: cluster.url, applicationName: 'sotto-answers' });
    const close = async () => {
      await database.close();
      await cluster.close();
    };
    return { database, keys: deriveShopKeys(generateSecrets().masterKey), close };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}
