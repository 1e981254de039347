import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT_WITH_PARENT } from '../../local/service.ts';
import { root } from '../../repository.ts';
import { closeOnSignal } from '../../stopping.ts';

export interface GatewayProcess {
  readonly url: string;
  /** Memory it holds now. */
  readResidentMb(): number | undefined;
  /** Ends it as a crash would: nothing is flushed. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;

/**
 * Starts a compiled entry of the gateway and waits until it serves.
 * @param entry in apps/gateway/dist
 * @throws Error with what it said when it ends before
 */
export async function startGateway(entry: string, env: NodeJS.ProcessEnv, port: number): Promise<GatewayProcess> {
  const child = spawn(process.execPath, ['--import', EXIT_WITH_PARENT, join(root, 'apps/gateway/dist', entry)], {
    env: { ...process.env, ...env, SOTTO_GATEWAY_PORT: String(port) },
    // Its log is written, as everywhere, but nobody reads it.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaint = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk}`.slice(-4_000);
  });
  const end = async (signal: NodeJS.Signals) => {
    if (hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  const release = closeOnSignal(() => end('SIGTERM'));
  child.once('exit', release);
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await isReady(url))) {
    if (hasEnded(child) || Date.now() > deadline) {
      await end('SIGKILL');
      throw new Error(`${entry} does not serve: ${complaint}`);
    }
    await sleep(25);
  }
  return {
    url: `${url}/graphql`,
    readResidentMb: () => readResidentMb(child.pid!),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false; // not listening yet
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** @returns undefined where the system does not tell (only Linux does, by a file) */
function readResidentMb(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
}
