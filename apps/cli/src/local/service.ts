import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { root } from '../repository.ts';

export interface ServiceOptions {
  readonly name: string;
  /** Compiled JavaScript. */
  readonly script: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Whether it serves now. @param output what it has logged since its start */
  isReady(output: () => string): Promise<boolean>;
  /** A line about a restart, for the terminal. */
  onReport(line: string): void;
}

/** A program that is kept running. */
export interface Service {
  /** Ends it, by force where it does not end itself in time. */
  stop(): Promise<void>;
}

/** The program ended before it could serve; the message holds what it logged last. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
}

/** Preloaded into a program with a channel to this one, it ends the program when this one is gone. */
export const EXIT_WITH_PARENT = pathToFileURL(join(root, 'apps/cli/dist/local/exit-with-parent.js')).href;

const STOP_TIMEOUT_MS = 20_000;
const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 50;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
/** One that ran this long had recovered: the next delay is short again. */
const RECOVERED_MS = 60_000;
const LAST_LINES = 15;

/**
 * Starts a program and waits until it serves; from then on it is started again whenever it ends.
 * @param signal gives up the start
 * @throws ServiceError when it ends, or does not serve, within a minute
 */
export async function startService(options: ServiceOptions, signal: AbortSignal): Promise<Service> {
  const logStart = existsSync(options.logFile) ? statSync(options.logFile).size : 0;
  const child = spawnLogged(options);
  try {
    await waitUntilReady(child, options, logStart, signal);
  } catch (error) {
    await terminate(child);
    throw error;
  }
  return keepRunning(child, options);
}

async function waitUntilReady(
  child: ChildProcess,
  options: ServiceOptions,
  logStart: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  const readOutput = () => readFileSync(options.logFile).subarray(logStart).toString();
  while (!(await options.isReady(readOutput))) {
    if (hasEnded(child) || Date.now() > deadline) {
      const what = hasEnded(child) ? `ended (${describeEnd(child)}) before it could serve` : 'does not answer';
      throw new ServiceError(`The ${options.name} ${what}. Last in ${options.logFile}:\n${tail(readOutput())}`);
    }
    await sleep(READY_POLL_MS, undefined, { signal });
  }
}

function keepRunning(first: ChildProcess, options: ServiceOptions): Service {
  const stopping = new AbortController();
  let child = first;
  let delayMs = FIRST_DELAY_MS;
  const supervise = async () => {
    for (;;) {
      const startedAt = Date.now();
      await waitForEnd(child);
      if (stopping.signal.aborted) return;
      if (Date.now() - startedAt > RECOVERED_MS) delayMs = FIRST_DELAY_MS;
      options.onReport(
        `The ${options.name} ended (${describeEnd(child)}); it starts again in ${delayMs / 1000} s. See ${options.logFile}`,
      );
      await sleep(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined); // aborted: it is to stop
      if (stopping.signal.aborted) return;
      delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
      child = spawnLogged(options);
    }
  };
  const supervision = supervise();
  return {
    async stop() {
      stopping.abort();
      await terminate(child);
      await supervision;
    },
  };
}

function spawnLogged({ script, env, logFile }: ServiceOptions): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, ['--enable-source-maps', '--import', EXIT_WITH_PARENT, script], {
    cwd: root,
    // A Ctrl-C in the terminal goes to the whole process group: these are stopped one after the other instead.
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env,
  });
  closeSync(log);
  return child;
}

async function terminate(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.kill('SIGTERM');
  await waitForEnd(child);
  clearTimeout(timer);
}

async function waitForEnd(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, 'exit');
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function describeEnd(child: ChildProcess): string {
  return child.signalCode ? `signal ${child.signalCode}` : `exit code ${child.exitCode}`;
}

function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
}
