import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const MAIN = new URL('../dist/main.js', import.meta.url).pathname;

/** A worker as it runs in production: a process of its own, from compiled JavaScript. */
export interface WorkerProcess {
  readonly child: ChildProcess;
  readonly logs: Record<string, unknown>[];
  readonly errors: string[];
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Intervals are short so that what takes a minute in production takes a second here. */
export function spawnWorker(env: NodeJS.ProcessEnv): WorkerProcess {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env['PATH'],
      SOTTO_TRAINING_THREADS: '1',
      SOTTO_TRAINING_HEARTBEAT_INTERVAL_MS: '200',
      SOTTO_TRAINING_STALE_AFTER_MS: '1500',
      SOTTO_TRAINING_RECOVERY_INTERVAL_MS: '500',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const logs: Record<string, unknown>[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => logs.push(JSON.parse(line)));
  createInterface({ input: child.stderr! }).on('line', (line) => errors.push(line));
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  return { child, logs, errors, ended };
}
