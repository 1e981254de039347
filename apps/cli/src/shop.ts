import { type Database, migrateDatabase, openDatabase } from '@sotto/database';
import { deriveShopKeys, type ShopKeys } from '@sotto/vault';
import { type CliEnv, readEnv } from './env.ts';
import { readSecrets, type Secrets } from './local/secrets.ts';
import { openDatabaseServer } from './local/server.ts';
import { keepClosable } from './stopping.ts';

/** What a command works with. */
export interface Shop {
  readonly database: Database;
  readonly keys: ShopKeys;
  readonly secrets: Secrets;
  close(): Promise<void>;
}

/**
 * Opens the shop's database, migrated, and its keys: DATABASE_URL, else the data folder's PostgreSQL, which runs for
 * as long as somebody has it open.
 */
export async function openShop(env: CliEnv = readEnv()): Promise<Shop> {
  const server = await keepClosable(openDatabaseServer(env));
  try {
    await migrateDatabase(server.url);
    const secrets = readSecrets(env);
    const keys = deriveShopKeys(secrets.masterKey);
    const database = openDatabase({ url: server.url, applicationName: 'sotto-cli' });
    const close = async () => {
      await database.close();
      await server.close();
    };
    return { database, keys, secrets, close };
  } catch (error) {
    await server.close();
    throw error;
  }
}
