import { resolve } from 'node:path';
import { AppError } from '@sotto/shop';
import { z } from 'zod';
import { root } from './repository.ts';

const port = z.coerce.number().int().min(1).max(65_535);
const isPostgresUrl = (value: string) => /^postgres(ql)?:\/\//.test(value);

const environment = z.object({
  DATABASE_URL: z.string().refine(isPostgresUrl, 'must begin with postgresql://').optional(),
  SOTTO_DATA_DIR: z.string().optional(),
  SOTTO_GATEWAY_PORT: port.default(4000),
  SOTTO_MASTER_KEY: z.string().optional(),
  SOTTO_MASTER_KEY_FILE: z.string().optional(),
});

export interface CliEnv {
  /** The user's own PostgreSQL; undefined: the data folder's. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly gatewayPort: number;
  readonly masterKey: string | undefined;
  readonly masterKeyFile: string | undefined;
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
    databaseUrl: data.DATABASE_URL,
    dataDir: data.SOTTO_DATA_DIR ? resolve(data.SOTTO_DATA_DIR) : resolve(root, '.sotto'),
    gatewayPort: data.SOTTO_GATEWAY_PORT,
    masterKey: data.SOTTO_MASTER_KEY,
    masterKeyFile: data.SOTTO_MASTER_KEY_FILE,
  };
}
