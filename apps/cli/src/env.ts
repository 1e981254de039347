import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '@sotto/shop';
import { z } from 'zod';
import { root } from './repository.ts';

const port = z.coerce.number().int().min(1).max(65_535);
const isPostgresUrl = (value: string) => /^postgres(ql)?:\/\//.test(value);

const environment = z.object({
  DATABASE_URL: z.string().refine(isPostgresUrl, 'must begin with postgresql://').optional(),
  DATABASE_URL_FILE: z.string().optional(),
  SOTTO_DATA_DIR: z.string().optional(),
  SOTTO_GATEWAY_PORT: port.default(4000),
  SOTTO_MASTER_KEY: z.string().optional(),
  SOTTO_MASTER_KEY_FILE: z.string().optional(),
  SOTTO_CUSTOMER_TOKEN_SECRET: z.string().optional(),
  SOTTO_CUSTOMER_TOKEN_SECRET_FILE: z.string().optional(),
  SOTTO_CREDENTIALS_FILE: z.string().optional(),
  SOTTO_DEMO: z.enum(['0', '1']).default('0'),
});

export interface CliEnv {
  /** The user's own PostgreSQL; undefined: the data folder's. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly gatewayPort: number;
  /** Of the environment; the data folder's where undefined. */
  readonly masterKey: string | undefined;
  readonly customerTokenSecret: string | undefined;
  /** Keys that `provision` stores. */
  readonly credentialsFile: string | undefined;
  /** Whether `provision` loads the demo shop. */
  readonly isDemo: boolean;
}

/** @throws AppError that lists everything that is wrong */
export function readEnv(source: NodeJS.ProcessEnv = process.env): CliEnv {
  // An empty variable is what a shell or a compose file makes of an unset one.
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new AppError('BAD_INPUT', `The environment is not right:\n  ${problems.join('\n  ')}`);
  }
  const { data } = parsed;
  return {
    databaseUrl: data.DATABASE_URL ?? readSecretFile(data.DATABASE_URL_FILE),
    dataDir: data.SOTTO_DATA_DIR ? resolve(data.SOTTO_DATA_DIR) : resolve(root, '.sotto'),
    gatewayPort: data.SOTTO_GATEWAY_PORT,
    masterKey: data.SOTTO_MASTER_KEY ?? readSecretFile(data.SOTTO_MASTER_KEY_FILE),
    customerTokenSecret: data.SOTTO_CUSTOMER_TOKEN_SECRET ?? readSecretFile(data.SOTTO_CUSTOMER_TOKEN_SECRET_FILE),
    credentialsFile: data.SOTTO_CREDENTIALS_FILE,
    isDemo: data.SOTTO_DEMO === '1',
  };
}

function readSecretFile(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new AppError('BAD_INPUT', `The secret of ${path} cannot be read.`, { cause });
  }
}
