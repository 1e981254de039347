import pino from 'pino';
import { parseEnv } from './env.ts';
import { startWorker } from './worker.ts';

/** Past this a stuck shutdown is ended; the run it held is taken up by another worker. */
const STOP_TIMEOUT_MS = 15_000;
/** Past this a worker that cannot go on ends with whatever it was doing. */
const FAILURE_TIMEOUT_MS = 1_000;

/** Whoever runs the worker starts it again; what it had begun is in the database. */
function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
  setTimeout(() => process.exit(), FAILURE_TIMEOUT_MS).unref();
}

// The queue rejects behind its promises when it loses the database while it notes a finished job.
process.on('unhandledRejection', fail);

try {
  const env = parseEnv(process.env);
  const log = pino({ level: env.logLevel, base: { service: 'worker' }, timestamp: pino.stdTimeFunctions.isoTime });
  const worker = await startWorker(env, log);
  const stop = () => {
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
    void worker.stop();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await worker.ended;
} catch (error) {
  fail(error);
}
