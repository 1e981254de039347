import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@sotto/shop';
import { diffSchema } from '../local/schema-diff.ts';
import { root } from '../repository.ts';

/** `npm run db:migration -- <name>`: writes the migration that brings the database to prisma/schema.prisma. */
export async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (!name || rest.length > 0 || !/^[a-z0-9_]{1,60}$/.test(name))
    throw new AppError('BAD_INPUT', 'Usage: npm run db:migration -- <name>, in lower case with underscores.');
  const sql = await diffSchema();
  if (!sql) {
    process.stderr.write('The migrations already lead to prisma/schema.prisma.\n');
    return 0;
  }
  const directory = join(root, 'prisma', 'migrations', `${formatTimestamp(new Date())}_${name}`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'migration.sql'), sql);
  process.stderr.write(`Read it before you commit it: ${join(directory, 'migration.sql')}\n`);
  return 0;
}

function formatTimestamp(at: Date): string {
  return at.toISOString().replace(/\D/g, '').slice(0, 14);
}
