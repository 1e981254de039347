import pino from 'pino';
import { parseEnv } from './env.ts';
import { startWorker } from './worker.ts';

/** Past this a stuck shutdown is ended; the run it held is taken up by another worker. */
const STOP_TIMEOUT_MS = 15_000;

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
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
