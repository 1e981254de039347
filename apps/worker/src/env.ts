import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { z } from 'zod';

const milliseconds = (fallback: number) => z.coerce.number().int().min(10).default(fallback);

const schema = z
  .object({
    DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgresql://'),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    SOTTO_TRAINING_THREADS: z.coerce.number().int().min(1).max(256).default(availableParallelism()),
    SOTTO_TRAINING_MAX_INTERACTIONS_PER_CUSTOMER: z.coerce.number().int().min(1).default(2_000),
    SOTTO_TRAINING_HEARTBEAT_INTERVAL_MS: milliseconds(500),
    SOTTO_TRAINING_STALE_AFTER_MS: milliseconds(30_000),
    SOTTO_TRAINING_RECOVERY_INTERVAL_MS: milliseconds(10_000),
  })
  .refine((env) => env.SOTTO_TRAINING_STALE_AFTER_MS >= 3 * env.SOTTO_TRAINING_HEARTBEAT_INTERVAL_MS, {
    path: ['SOTTO_TRAINING_STALE_AFTER_MS'],
    error: 'must be at least three heartbeat intervals, or live workers lose their runs',
  });

export interface Env {
  readonly databaseUrl: string;
  readonly logLevel: string;
  /** Threads of one training. */
  readonly trainingThreads: number;
  /** Of a customer with more, the newest are learned from: bounds both memory and one customer's weight. */
  readonly maxInteractionsPerCustomer: number;
  /** How often a run says that it lives, writes its progress and learns that it was cancelled. */
  readonly heartbeatIntervalMs: number;
  /** After so long without a sign of life a run is taken to be a dead worker's. */
  readonly staleAfterMs: number;
  /** How often each worker looks for dead workers' runs. */
  readonly recoveryIntervalMs: number;
}

/** @throws Error with one line for everything that is wrong */
export function parseEnv(variables: NodeJS.ProcessEnv): Env {
  // An empty variable is what a compose file makes of an unset one.
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  // The URL may come in a file: it holds a password.
  const { DATABASE_URL_FILE: file } = set;
  const parsed = schema.safeParse(file === undefined ? set : { ...set, DATABASE_URL: readUrl(file) });
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The environment is not complete:\n${lines.join('\n')}`);
  }
  const env = parsed.data;
  return {
    databaseUrl: env.DATABASE_URL,
    logLevel: env.LOG_LEVEL,
    trainingThreads: env.SOTTO_TRAINING_THREADS,
    maxInteractionsPerCustomer: env.SOTTO_TRAINING_MAX_INTERACTIONS_PER_CUSTOMER,
    heartbeatIntervalMs: env.SOTTO_TRAINING_HEARTBEAT_INTERVAL_MS,
    staleAfterMs: env.SOTTO_TRAINING_STALE_AFTER_MS,
    recoveryIntervalMs: env.SOTTO_TRAINING_RECOVERY_INTERVAL_MS,
  };
}

function readUrl(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new Error(`DATABASE_URL_FILE cannot be read: ${code}`, { cause });
  }
}
