import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EnvError, readEnv } from '../src/env.ts';

const good = {
  DATABASE_URL: 'postgres://localhost/shop',
  SOTTO_MASTER_KEY: randomBytes(32).toString('base64url'),
  SOTTO_CUSTOMER_TOKEN_SECRET: randomBytes(32).toString('base64url'),
};

function problemsOf(source: Record<string, string>): string[] {
  try {
    readEnv(source);
  } catch (error) {
    if (error instanceof EnvError) return error.message.split('\n');
    throw error;
  }
  return [];
}

it('has defaults for all but the secrets and the database', () => {
  expect(readEnv(good)).toMatchObject({
    host: '127.0.0.1',
    port: 4000,
    gpcPurposes: ['PERSONALIZATION', 'TRAINING', 'ANALYTICS'],
    isProduction: false,
  });
  expect(readEnv({ ...good, SOTTO_GPC_PURPOSES: 'TRAINING, ANALYTICS' }).gpcPurposes).toEqual([
    'TRAINING',
    'ANALYTICS',
  ]);
});

it('lists all problems at once, by name and without values', () => {
  const problems = problemsOf({
    DATABASE_URL: 'mysql://localhost',
    SOTTO_CUSTOMER_TOKEN_SECRET: 'short-one',
    SOTTO_GATEWAY_PORT: '70000',
    SOTTO_GPC_PURPOSES: 'MARKETING',
  });
  const names = [
    'DATABASE_URL',
    'SOTTO_CUSTOMER_TOKEN_SECRET',
    'SOTTO_GATEWAY_PORT',
    'SOTTO_GPC_PURPOSES',
    'SOTTO_MASTER_KEY',
  ];
  expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual(names);
  expect(problems.join()).not.toContain('short-one');
});

it.each([
  'changeme',
  'change-me-please-change-me-please-change-me',
  'secret',
  'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
])('refuses the placeholder %s', (placeholder) => {
  expect(problemsOf({ ...good, SOTTO_MASTER_KEY: placeholder })).toEqual([
    'SOTTO_MASTER_KEY is a placeholder: generate a secret',
  ]);
});

it('reads secrets from files, from one place each', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-env-'));
  try {
    const file = join(folder, 'key');
    writeFileSync(file, `${good.SOTTO_MASTER_KEY}\n`);
    const { SOTTO_MASTER_KEY: masterKey, ...rest } = good;
    expect(readEnv({ ...rest, SOTTO_MASTER_KEY_FILE: file }).masterKey).toBe(masterKey);
    expect(problemsOf({ ...good, SOTTO_MASTER_KEY_FILE: file })[0]).toMatch(/both set/);
    expect(problemsOf({ ...rest, SOTTO_MASTER_KEY_FILE: join(folder, 'none') })).toEqual([
      'SOTTO_MASTER_KEY_FILE cannot be read: ENOENT',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
