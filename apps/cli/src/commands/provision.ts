import { readFileSync } from 'node:fs';
import { migrateDatabase, openDatabase, storeApiKey } from '@sotto/database';
import { AppError } from '@sotto/shop';
import { deriveShopKeys } from '@sotto/vault';
import { z } from 'zod';
import { readEnv } from '../env.ts';
import { fillEmptyShop } from '../local/demo-shop.ts';
import { requestFirstModel } from '../local/first-model.ts';
import { readSecrets } from '../local/secrets.ts';
import { openDatabaseServer } from '../local/server.ts';
import { keepClosable } from '../stopping.ts';
import { createTerminal } from '../terminal.ts';

const keyFile = z.object({ publishableKey: z.string(), secretKey: z.string() });

/** The one-shot before gateway and worker of a compose stack: migrations, API keys, the demo shop if it is asked for. */
export async function run(): Promise<number> {
  const env = readEnv();
  if (!env.credentialsFile)
    throw new AppError('BAD_INPUT', 'SOTTO_CREDENTIALS_FILE is not set; init writes that file.');
  const credentials = keyFile.parse(JSON.parse(readFileSync(env.credentialsFile, 'utf8')));
  const server = await keepClosable(openDatabaseServer(env));
  try {
    await migrateDatabase(server.url);
    const database = openDatabase({ url: server.url, applicationName: 'sotto-provision' });
    try {
      await storeApiKey(database, credentials.publishableKey);
      await storeApiKey(database, credentials.secretKey);
      if (env.isDemo) {
        const { masterKey } = readSecrets(env);
        await fillEmptyShop(database, deriveShopKeys(masterKey), createTerminal(process.stderr));
        await requestFirstModel(database); // the worker trains it once it runs
      }
    } finally {
      await database.close();
    }
  } finally {
    await server.close();
  }
  process.stderr.write('The database is migrated and knows the keys.\n');
  return 0;
}
