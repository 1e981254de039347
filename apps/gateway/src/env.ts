import { readFileSync } from 'node:fs';
import { PURPOSES } from '@sotto/shop';
import { deriveShopKeys } from '@sotto/vault';
import { z } from 'zod';

const MIN_SECRET_BYTES = 32;
/** Words that stand in examples, alone or with more behind them, and one character repeated. */
const PLACEHOLDERS =
  /^(?:(?:change[-_ ]?me|replace[-_ ]?me|secret|password|placeholder|example|todo)(?:[-_ ].*)?|(.)\1*)$/is;

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  SOTTO_MASTER_KEY: z.string().superRefine((key, context) => {
    try {
      deriveShopKeys(key);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  }),
  SOTTO_CUSTOMER_TOKEN_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES, `must have at least ${MIN_SECRET_BYTES} bytes`),
  SOTTO_GATEWAY_HOST: z.string().min(1).default('127.0.0.1'),
  SOTTO_GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  SOTTO_GPC_PURPOSES: z
    .string()
    .default(PURPOSES.join(','))
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .pipe(z.array(z.enum(PURPOSES))),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  NODE_ENV: z.string().default('development'),
});

/** Names that may be given as NAME or as NAME_FILE, a file that holds the value. */
const SECRETS = ['DATABASE_URL', 'SOTTO_MASTER_KEY', 'SOTTO_CUSTOMER_TOKEN_SECRET'] as const;

export interface Env {
  readonly databaseUrl: string;
  readonly masterKey: string;
  readonly customerTokenSecret: string;
  readonly host: string;
  readonly port: number;
  readonly gpcPurposes: z.output<typeof schema>['SOTTO_GPC_PURPOSES'];
  readonly logLevel: z.output<typeof schema>['LOG_LEVEL'];
  readonly isProduction: boolean;
}

/** Something in the environment does not do; the message lists all of it, never a value. */
export class EnvError extends Error {
  override readonly name = 'EnvError';
}

/**
 * Reads the gateway's environment.
 * @throws EnvError with every problem at once
 */
export function readEnv(source: Readonly<Record<string, string | undefined>>): Env {
  const problems: string[] = [];
  const given: Record<string, string | undefined> = { ...source };
  for (const name of SECRETS) {
    try {
      given[name] = readSecret(name, source);
    } catch (error) {
      problems.push((error as Error).message);
      delete given[name];
    }
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const name = String(path[0]);
      if (problems.some((problem) => problem.startsWith(name))) continue;
      problems.push(`${name} ${given[name] === undefined ? 'is not set' : message}`);
    }
  }
  if (!parsed.success || problems.length > 0) throw new EnvError(problems.join('\n'));
  const env = parsed.data;
  return {
    databaseUrl: env.DATABASE_URL,
    masterKey: env.SOTTO_MASTER_KEY,
    customerTokenSecret: env.SOTTO_CUSTOMER_TOKEN_SECRET,
    host: env.SOTTO_GATEWAY_HOST,
    port: env.SOTTO_GATEWAY_PORT,
    gpcPurposes: env.SOTTO_GPC_PURPOSES,
    logLevel: env.LOG_LEVEL,
    isProduction: env.NODE_ENV === 'production',
  };
}

function readSecret(name: string, source: Readonly<Record<string, string | undefined>>): string | undefined {
  const file = source[`${name}_FILE`];
  if (file && source[name]) throw new Error(`${name} and ${name}_FILE are both set: give one of them`);
  let secret = source[name];
  if (file) {
    try {
      secret = readFileSync(file, 'utf8').trim();
    } catch (cause) {
      throw new Error(`${name}_FILE cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown'}`, { cause });
    }
  }
  if (secret !== undefined && PLACEHOLDERS.test(secret)) throw new Error(`${name} is a placeholder: generate a secret`);
  return secret;
}
