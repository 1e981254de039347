import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { runMigrations } from 'graphile-worker';
import pg from 'pg';

/** The repository's root: the Prisma CLI reads prisma.config.ts there. */
const root = resolve(import.meta.dirname, '../../..');
const migrationsDir = join(root, 'prisma', 'migrations');

/**
 * Applies every migration that is missing: the schema's, then the job queue's. Safe to run twice and side by side.
 * @throws Error with the Prisma CLI's words when one fails.
 */
export async function migrateDatabase(url: string): Promise<void> {
  if (!(await isMigrated(url))) await runPrisma(['migrate', 'deploy'], url);
  // A pool of its own: the queue's migrator ends what it is given.
  await runMigrations({ connectionString: url });
}

/** True when the newest migration of this build is applied: gateway and worker refuse to run otherwise. */
export async function isMigrated(url: string): Promise<boolean> {
  const newest = readdirSync(migrationsDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .at(-1);
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // a connection that breaks fails the statement below
  await client.connect();
  try {
    const table = await client.query("SELECT to_regclass('_prisma_migrations') IS NOT NULL AS present");
    if (!table.rows[0].present) return false;
    const { rowCount } = await client.query(
      'SELECT 1 FROM _prisma_migrations WHERE migration_name = $1 AND finished_at IS NOT NULL',
      [newest],
    );
    return rowCount === 1;
  } finally {
    await client.end();
  }
}

function runPrisma(args: readonly string[], url: string): Promise<void> {
  const require = createRequire(join(root, 'package.json'));
  const cli = join(dirname(require.resolve('prisma/package.json')), 'build', 'index.js');
  return new Promise((settle, fail) => {
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: root,
      env: { ...process.env, DATABASE_URL: url, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', fail);
    child.once('close', (code) => {
      if (code === 0) settle();
      else fail(new Error(`prisma ${args.join(' ')} ended with code ${code}:\n${output.trim()}`));
    });
  });
}
