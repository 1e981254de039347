import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
 * The secrets of the environment, and those of the data folder for what is not set there: generated once and readable
 * by their owner alone.
 * @throws AppError when the file is not what was written there
 */
export function readSecrets(env: Pick<CliEnv, 'dataDir' | 'masterKey' | 'customerTokenSecret'>): Secrets {
  const { masterKey, customerTokenSecret } = env;
  if (masterKey && customerTokenSecret) return { masterKey, customerTokenSecret };
  const path = join(env.dataDir, 'secrets.json');
  if (!existsSync(path)) storeSecrets(path, env.dataDir);
  const parsed = secrets.safeParse(parseJson(readFileSync(path, 'utf8')));
  if (!parsed.success)
    throw new AppError('BAD_INPUT', `${path} is damaged; put back the copy that you keep, or start with a new folder.`);
  return {
    masterKey: masterKey ?? parsed.data.masterKey,
    customerTokenSecret: customerTokenSecret ?? parsed.data.customerTokenSecret,
  };
}

export function generateSecrets(): Secrets {
  return {
    masterKey: randomBytes(32).toString('base64url'),
    customerTokenSecret: randomBytes(32).toString('base64url'),
  };
}

function storeSecrets(path: string, dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  // Linked into place whole: a reader never sees half a file, and of two programs that generate the first one wins.
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(generateSecrets(), null, 2)}\n`, { mode: 0o600 });
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
