import lockfile from 'proper-lockfile';
import { ClusterError } from './error.ts';

/** A holder renews its lock every 5 s; without a sign of life for so long it is dead, whatever became of its process id. */
const STALE_AFTER_MS = 30_000;
const RETRY_INTERVAL_MS = 100;
const MAX_RETRIES = 800;

/**
 * Holds a lock beside a folder's files.
 * @returns a function that lets go
 * @throws ClusterError when another live program does not let go in time
 */
export async function takeLock(directory: string, lockfilePath: string): Promise<() => Promise<void>> {
  try {
    return await lockfile.lock(directory, {
      lockfilePath,
      stale: STALE_AFTER_MS,
      retries: { retries: MAX_RETRIES, factor: 1, minTimeout: RETRY_INTERVAL_MS, maxTimeout: RETRY_INTERVAL_MS },
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
    throw new ClusterError(`Another program holds ${lockfilePath} and does not let go.`, { cause: error });
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
