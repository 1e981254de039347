import { migrateDatabase } from '@sotto/database';
import { findProgram, runNode } from '../processes.ts';
import { openScratchCluster } from './scratch-cluster.ts';

/**
 * The SQL that leads from the migrations to prisma/schema.prisma, found on an empty PostgreSQL of its own.
 * @returns undefined where the migrations already lead there
 */
export async function diffSchema(): Promise<string | undefined> {
  const cluster = await openScratchCluster('schema', { fsync: 'off' });
  try {
    await migrateDatabase(cluster.url);
    const { exitCode, stdout, output } = await runNode(
      findProgram('prisma', 'build/index.js'),
      ['migrate', 'diff', '--from-config-datasource', '--to-schema', 'prisma/schema.prisma', '--script', '--exit-code'],
      { env: { DATABASE_URL: cluster.url, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' } },
    );
    if (exitCode === 0) return undefined;
    if (exitCode === 2) return stdout;
    throw new Error(`prisma migrate diff ended with code ${exitCode}:\n${output}`);
  } finally {
    await cluster.close();
  }
}
