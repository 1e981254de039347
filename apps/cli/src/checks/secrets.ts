import { spawnSync } from 'node:child_process';
import { root } from '../repository.ts';
import type { Check } from './check.ts';

const SECRET_FILES = [/(^|\/)\.env(\.|$)/, /(^|\/)\.sotto\//, /(^|\/)(credentials|secrets)\.json$/, /\.(pem|key|p12)$/];
/** A whole key as storeApiKey takes it, or a private key in PEM. */
const SECRET_TEXT = '(pk|sk)_[A-Za-z0-9_-]{43}|-----BEGIN [A-Z ]*PRIVATE KEY-----';

export const secretChecks: readonly Check[] = [
  { name: 'no secret in git', findProblems: async () => findCommittedSecrets() },
];

/** @returns what git tracks and should not */
export function findCommittedSecrets(directory = root): string {
  const files = git(directory, ['ls-files', '-z']);
  if (files === undefined) return ''; // an unpacked archive has no history to leak from
  const named = files.split('\0').filter((path) => SECRET_FILES.some((pattern) => pattern.test(path)));
  const holding = git(directory, ['grep', '-I', '-l', '-z', '-E', SECRET_TEXT]) ?? '';
  const found = [...new Set([...named, ...holding.split('\0')])].filter((path) => path !== '');
  return found.map((path) => `${path} looks like a secret and is in git\n`).join('');
}

function git(directory: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: directory, encoding: 'utf8', maxBuffer: 64 << 20 });
  return status === 0 ? stdout : undefined;
}
