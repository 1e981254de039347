import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateDatabase, openCluster } from '@sotto/database';
import { findProgram, runNode } from '../processes.ts';

/**
 * The SQL that leads from the migrations to prisma/schema.prisma, found on an empty PostgreSQL of its own.
 * @returns undefined where the migrations already lead there
 */
export async function diffSchema(): Promise<string | undefined> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sotto-schema-'));
  await chmod(dataDir, 0o711); // the server's user walks through it
  const cluster = await openCluster({ dataDir, settings: { fsync: 'off' } });
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
    await rm(cluster.directory, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  }
}
