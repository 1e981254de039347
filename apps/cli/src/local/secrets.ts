import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@sotto/shop';
import { z } from 'zod';
import type { CliEnv } from '../env.ts';

const secrets = z.object({
  /** 32 bytes, base64url: pseudonyms and cursors derive from it. */
  masterKey: z.string().min(1),
  /** Signs the tokens with which the shop says who its customer is (HS256). */
  customerTokenSecret: z.string().min(1),
});
export type Secrets = z.infer<typeof secrets>;

/**
 * The secrets of a data folder, generated once and readable by their owner alone. A master key of the environment
 * stands before the file's.
 * @throws AppError when the file is not what was written there
 */
export function readSecrets(env: Pick<CliEnv, 'dataDir' | 'masterKey' | 'masterKeyFile'>): Secrets {
  const path = join(env.dataDir, 'secrets.json');
  if (!existsSync(path)) generateSecrets(path, env.dataDir);
  const parsed = secrets.safeParse(parseJson(readFileSync(path, 'utf8')));
  if (!parsed.success)
    throw new AppError('BAD_INPUT', `${path} is damaged; put back the copy that you keep, or start with a new folder.`);
  const given = env.masterKeyFile ? readFileSync(env.masterKeyFile, 'utf8').trim() : env.masterKey;
  return { ...parsed.data, ...(given ? { masterKey: given } : {}) };
}

function generateSecrets(path: string, dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const generated: Secrets = {
    masterKey: randomBytes(32).toString('base64url'),
    customerTokenSecret: randomBytes(32).toString('base64url'),
  };
  // Linked into place whole: a reader never sees half a file, and of two programs that generate the first one wins.
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(generated, null, 2)}\n`, { mode: 0o600 });
  chmodSync(partial, 0o600);
  try {
    linkSync(partial, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(partial);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says which file it was
  }
}
