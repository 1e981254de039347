import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveShopKeys } from '@sotto/vault';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSecrets } from './secrets.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sotto-secrets-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const unset = { masterKey: undefined, customerTokenSecret: undefined };

it('generates secrets once, for their owner alone', () => {
  const first = readSecrets({ dataDir, ...unset });
  expect(readSecrets({ dataDir, ...unset })).toEqual(first);
  expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600);
  expect(() => deriveShopKeys(first.masterKey)).not.toThrow();
  expect(Buffer.from(first.customerTokenSecret, 'base64url')).toHaveLength(32);
});

it('takes what the environment gives', () => {
  const { customerTokenSecret } = readSecrets({ dataDir, ...unset });
  expect(readSecrets({ dataDir, ...unset, masterKey: 'given' })).toEqual({ masterKey: 'given', customerTokenSecret });
});

it('never replaces a damaged file: its keys cannot be had again', () => {
  writeFileSync(join(dataDir, 'secrets.json'), '{"masterKey":');
  expect(() => readSecrets({ dataDir, ...unset })).toThrow(/is damaged/);
});
