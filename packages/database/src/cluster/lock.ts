import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterError } from './error.ts';

const LOCK_TIMEOUT_MS = 80_000;

/**
 * Holds a lock file with this process's id in it; a lock whose process is gone is taken over.
 * @returns a function that lets go
 * @throws ClusterError when another live process does not let go in time
 */
export async function takeLock(path: string): Promise<() => void> {
  const deadline = Date.now() + LOCK_TIMEOUT_MS;
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
    if (holder !== 0 && !isAlive(holder)) rmSync(path, { force: true });
    else if (Date.now() > deadline) throw new ClusterError(`Process ${holder} holds ${path} and does not let go.`);
    else await sleep(50);
  }
}

/** Whether a process of that id exists, also one of another user. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
