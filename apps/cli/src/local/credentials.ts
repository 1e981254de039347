import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiKeyKind, type Database, findApiKey, generateApiKey, hashApiKey, storeApiKey } from '@sotto/database';
import { z } from 'zod';

/** What `<data dir>/credentials.json` holds, of the local stack only. */
export interface Credentials {
  /** The whole GraphQL URL. */
  readonly gatewayUrl: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  readonly customerTokenSecret: string;
  readonly databaseUrl: string;
}

const storedKeys = z.object({ publishableKey: z.string(), secretKey: z.string() }).partial();

/** Writes the file, keeping the keys of the last start as long as the database knows them. */
export async function writeCredentials(
  database: Database,
  dataDir: string,
  rest: Omit<Credentials, 'publishableKey' | 'secretKey'>,
): Promise<Credentials> {
  const path = join(dataDir, 'credentials.json');
  const stored = existsSync(path) ? storedKeys.safeParse(parseJson(readFileSync(path, 'utf8'))).data : undefined;
  const credentials: Credentials = {
    gatewayUrl: rest.gatewayUrl,
    publishableKey: await keepOrCreateKey(database, 'PUBLISHABLE', stored?.publishableKey),
    secretKey: await keepOrCreateKey(database, 'SECRET', stored?.secretKey),
    customerTokenSecret: rest.customerTokenSecret,
    databaseUrl: rest.databaseUrl,
  };
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  renameSync(partial, path);
  return credentials;
}

async function keepOrCreateKey(database: Database, kind: ApiKeyKind, stored: string | undefined): Promise<string> {
  if (stored && (await findApiKey(database, hashApiKey(stored)))?.kind === kind) return stored;
  const key = generateApiKey(kind);
  await storeApiKey(database, key);
  return key;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a damaged file is written anew, with new keys
  }
}
