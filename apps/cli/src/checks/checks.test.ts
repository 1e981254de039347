import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../repository.ts';
import { runChecks } from './check.ts';
import { findCommittedSecrets } from './secrets.ts';
import { findBoundaryProblems } from './source.ts';

/** Each is planted alone in a copy of the rules, and the check must point at it. */
const VIOLATIONS: readonly [file: string, source: string][] = [
  ['packages/vault/src/a.ts', "import '@sotto/database';"],
  ['packages/vault/src/a.ts', "import 'pg';"],
  ['packages/privacy/src/a.ts', "import '@sotto/database';"],
  ['packages/recommender/src/a.ts', "import '@sotto/vault';"],
  ['packages/recommender/src/a.ts', "import '@sotto/privacy/testing';"],
  ['packages/recommender/src/models/a.ts', "import 'node:fs';"],
  ['packages/recommender/src/a.ts', "import 'node:fs/promises';"],
  ['packages/recommender/src/a.ts', "await import('zod');"],
  ['packages/database/src/a.ts', "import '@sotto/shop';"],
  ['packages/ledger/src/a.ts', "import '@sotto/shop';"],
  ['packages/ledger/src/a.ts', "import '@sotto/questions';"],
  ['packages/ledger/src/a.ts', "import '../../database/src/generated/client.ts';"],
  ['packages/questions/src/a.ts', "import '@sotto/shop';"],
  ['packages/questions/src/kinds/a.ts', "import '@sotto/vault';"],
  ['packages/questions/src/a.ts', "import '@prisma/client';"],
  ['packages/questions/src/a.ts', "import '@sotto/recommender/serving';"],
  ['packages/training/src/a.ts', "import '@sotto/shop';"],
  ['packages/training/src/a.ts', "import '@sotto/questions';"],
  ['packages/training/src/a.ts', "import '@prisma/client';"],
  ['packages/audit/src/a.ts', "import '@sotto/shop';"],
  ['packages/audit/src/a.ts', "import '@prisma/client';"],
  ['packages/shop/src/a.ts', "import '@sotto/recommender/serving';"],
  ['packages/shop/src/a.ts', "import '@prisma/client';"],
  ['packages/shop/src/a.ts', "import '../../database/src/generated/client.ts';"],
  ['apps/gateway/src/a.ts', "import '@sotto/worker';"],
  ['apps/gateway/src/modules/a.ts', "import '@tensorflow/tfjs';"],
  ['apps/gateway/src/a.ts', "import '@prisma/adapter-pg';"],
  ['apps/worker/src/a.ts', "import '@sotto/cli';"],
  ['apps/cli/src/commands/a.ts', "import '@sotto/gateway';"],
];

const ALLOWED: readonly [file: string, source: string][] = [
  ['packages/vault/src/a.ts', "import 'node:crypto';\nimport './b.ts';"],
  ['packages/vault/src/b.ts', ''],
  ['packages/vault/src/a.test.ts', "import 'vitest';"],
  ['packages/recommender/src/a.ts', "import 'node:worker_threads';\nimport '@sotto/privacy';"],
  ['packages/database/src/a.ts', "import '@prisma/client';\nimport './generated/client.ts';"],
  ['packages/ledger/src/a.ts', "import '@sotto/privacy';\nimport '@sotto/database';\nimport 'zod';"],
  [
    'packages/questions/src/a.ts',
    "import '@sotto/database';\nimport '@sotto/ledger';\nimport '@sotto/privacy';\nimport '@sotto/privacy/testing';\nimport 'zod';",
  ],
  [
    'packages/training/src/a.ts',
    "import '@sotto/database';\nimport '@sotto/ledger';\nimport '@sotto/privacy';\nimport '@sotto/recommender/training';",
  ],
  [
    'packages/audit/src/a.ts',
    "import '@sotto/questions';\nimport '@sotto/ledger';\nimport '@sotto/recommender/training';\nimport '@sotto/privacy/testing';",
  ],
  ['packages/shop/src/a.ts', "import '@sotto/database';\nimport '@sotto/vault';\nimport 'zod';"],
  ['apps/gateway/src/a.ts', "import '@sotto/recommender/serving';\nimport '@sotto/shop';"],
];

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

describe('import boundaries', () => {
  let problems: string;
  beforeAll(async () => {
    const planted = copyRules();
    for (const [index, [file, source]] of VIOLATIONS.entries()) put(planted, plantedName(file, index), source);
    put(planted, 'packages/vault/src/cycle-a.ts', "import './cycle-b.ts';");
    put(planted, 'packages/vault/src/cycle-b.ts', "import './cycle-a.ts';");
    problems = await findBoundaryProblems(planted);
  });

  it.each(VIOLATIONS.map(([file, source], index) => [source, plantedName(file, index)]))(
    'does not let through %s in %s',
    (_source, file) => expect(problems).toContain(`${file}:1`),
  );

  it('does not let through a cycle', () => expect(problems).toMatch(/cycle-a\.ts.*noImportCycles/));

  it('lets through what the rooms may import', async () => {
    const clean = copyRules();
    for (const [file, source] of ALLOWED) put(clean, file, source);
    expect(await findBoundaryProblems(clean)).toBe('');
  });
});

describe('secrets', () => {
  it('names the files that hold one, and those that are one', () => {
    const directory = copyRules();
    put(directory, '.env', 'A=1');
    put(directory, 'apps/gateway/.sotto/secrets.json', '{}');
    put(directory, 'docs/example.md', `a key: sk_${'Ab3_-'.repeat(8)}xyz`);
    put(directory, 'docs/clean.md', 'a key begins with sk_');
    git(directory, 'add', '--all');
    const found = findCommittedSecrets(directory);
    for (const path of ['.env', 'apps/gateway/.sotto/secrets.json', 'docs/example.md']) expect(found).toContain(path);
    expect(found).not.toContain('clean');
  });
});

describe('running checks', () => {
  it('counts one that cannot be carried out as failed and goes on', async () => {
    const broken = { name: 'broken', findProblems: () => Promise.reject(new Error('no tool')) };
    const wrong = { name: 'wrong', findProblems: async () => 'a problem' };
    const right = { name: 'right', findProblems: async () => '' };
    const written: string[] = [];
    const counts = await runChecks([broken, wrong, right], (text) => written.push(text));
    expect(counts).toEqual({ passed: 1, failed: 2 });
    expect(written.join('')).toMatch(/✗ broken .*\nno tool\n✗ wrong .*\na problem\n✓ right/);
  });
});

function plantedName(file: string, index: number): string {
  return file.replace(/a\.ts$/, `planted-${index}.ts`);
}

function copyRules(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sotto-check-'));
  directories.push(directory);
  cpSync(join(root, 'biome.json'), join(directory, 'biome.json'));
  git(directory, 'init', '--quiet');
  return directory;
}

function git(directory: string, ...args: string[]): void {
  expect(spawnSync('git', args, { cwd: directory }).status).toBe(0);
}

function put(directory: string, path: string, text: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
}
