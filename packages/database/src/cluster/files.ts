import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresBinaries, ServerUser } from './binaries.ts';
import { ClusterError, explain } from './error.ts';

/** PostgreSQL's user must be able to walk into the folder; else the files go under the system's temporary folder. */
export function chooseDirectory(dataDir: string, user: ServerUser | undefined): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  accessSync(dataDir, constants.W_OK);
  let directory = join(dataDir, 'postgres');
  if (user) {
    const probe = spawnSync('test', ['-x', dataDir], { ...user, cwd: '/' });
    if (probe.status !== 0) {
      const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
      directory = join(tmpdir(), `sotto-data-${hash}`);
      if (!existsSync(join(directory, 'data', 'PG_VERSION')))
        process.stderr.write(
          `PostgreSQL's user cannot enter ${dataDir}: its files are kept in ${directory}. ` +
            'Set SOTTO_DATA_DIR to a folder that every user may enter to keep them elsewhere.\n',
        );
    }
  }
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  // Under a shared temporary folder somebody else could have made it first.
  if (process.getuid && statSync(directory).uid !== process.getuid())
    throw new ClusterError(`${directory} belongs to another user; remove it or set SOTTO_DATA_DIR.`);
  return directory;
}

/** @returns the password of the role sotto, generated once. */
export function initialise(directory: string, binaries: PostgresBinaries, user: ServerUser | undefined): string {
  const files = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  if (existsSync(join(files, 'PG_VERSION'))) {
    const found = readFileSync(join(files, 'PG_VERSION'), 'utf8').trim();
    const wanted = binaries.version.split('.')[0];
    if (found !== wanted)
      throw new ClusterError(
        `The data folder ${directory} was written by PostgreSQL ${found}, this Sotto brings ${wanted}; ` +
          'restore a backup into a new SOTTO_DATA_DIR, or point DATABASE_URL at a server of that version.',
      );
    return readFileSync(passwordFile, 'utf8').trim();
  }
  rmSync(files, { recursive: true, force: true });
  mkdirSync(files, { mode: 0o700 });
  const password = randomBytes(24).toString('base64url');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) {
    chownSync(files, user.uid, user.gid);
    chownSync(passwordFile, user.uid, user.gid);
  }
  const flags = ['-D', files, '-U', 'sotto', '--pwfile', passwordFile, '--auth', 'scram-sha-256', '-E', 'UTF8'];
  const run = spawnSync(binaries.initdb, [...flags, '--locale', 'C', '--no-sync'], {
    ...user,
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
  });
  if (user) chownSync(passwordFile, 0, 0);
  chmodSync(passwordFile, 0o600);
  if (run.status !== 0) {
    rmSync(files, { recursive: true, force: true });
    throw new ClusterError(explain(`${run.stderr}${run.stdout}`, 'PostgreSQL could not be initialised'));
  }
  return password;
}
