import { migrateDatabase } from '@sotto/database';
import { readEnv } from '../env.ts';
import { openDatabaseServer } from '../local/server.ts';
import { keepClosable } from '../stopping.ts';

/** `npm run db:migrate`: the only migrator besides `npm start`; gateway and worker refuse an older schema. */
export async function run(): Promise<number> {
  const server = await keepClosable(openDatabaseServer(readEnv()));
  try {
    await migrateDatabase(server.url);
    process.stderr.write('Every migration is applied.\n');
    return 0;
  } finally {
    await server.close();
  }
}
