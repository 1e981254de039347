import { isMigrated, openDatabase } from '@sotto/database';
import { deriveShopKeys } from '@sotto/vault';
import { EnvError, readEnv } from './env.ts';
import { createLogger } from './logging.ts';
import { createServer } from './server.ts';
import { createServing } from './serving/serving.ts';

/** Requests under way get this long to end. */
const DRAIN_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 16;

/** Something that the operator can mend: said in one sentence, without a stack. */
class StartError extends Error {
  override readonly name = 'StartError';
}

async function main(): Promise<void> {
  const env = readEnv(process.env);
  const logger = createLogger({ level: env.logLevel });
  await requireMigrated(env.databaseUrl);
  const database = openDatabase({
    url: env.databaseUrl,
    maxConnections: MAX_CONNECTIONS,
    applicationName: 'sotto-gateway',
  });
  const keys = deriveShopKeys(env.masterKey);
  const clock = () => new Date();
  const serving = await createServing({ database, keys, logger, clock });
  const server = await createServer({
    database,
    serving,
    keys,
    logger,
    clock,
    customerTokenSecret: env.customerTokenSecret,
    gpcPolicy: { purposes: env.gpcPurposes },
    isProduction: env.isProduction,
  });

  const close = async () => {
    await server.close();
    await serving.close();
    await database.close();
  };
  let isStopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.error('requests did not end in time');
      process.exit(1);
    }, DRAIN_TIMEOUT_MS).unref();
    await close();
    logger.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  try {
    await server.listen({ host: env.host, port: env.port });
  } catch (error) {
    await close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new StartError(`Port ${env.port} on ${env.host} is in use; set SOTTO_GATEWAY_PORT to another one.`, {
        cause: error,
      });
    throw error;
  }
}

async function requireMigrated(url: string): Promise<void> {
  let isCurrent: boolean;
  try {
    isCurrent = await isMigrated(url);
  } catch (cause) {
    const { code } = cause as { code?: string };
    throw new StartError(`The database does not answer${code ? ` (${code})` : ''}: check DATABASE_URL.`, { cause });
  }
  if (!isCurrent)
    throw new StartError('The database lacks the newest migration: run npm run db:migrate, then start again.');
}

main().catch((error: unknown) => {
  if (error instanceof StartError || error instanceof EnvError) process.stderr.write(`${error.message}\n`);
  else console.error(error);
  process.exit(1);
});
