import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../src/repository.ts';

interface ComposeService {
  readonly build?: { readonly context: string; readonly target: string };
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

interface Stage {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const { services } = parse(text, { merge: true }) as { services: Record<string, ComposeService> };
const stages = readStages(readFileSync(join(root, 'Dockerfile'), 'utf8'));

describe('Dockerfile', () => {
  it('copies the manifest of every workspace: npm ci refuses a lock file of more', () => {
    const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
    for (const room of ['apps', 'packages'])
      for (const name of readdirSync(join(root, room)))
        if (existsSync(join(root, room, name, 'package.json')))
          expect(dockerfile).toContain(`COPY ${room}/${name}/package.json ${room}/${name}/`);
  });
});

describe('docker-compose.yml', () => {
  it('has every service and builds targets that exist', () => {
    expect(Object.keys(services).sort()).toEqual(['gateway', 'init', 'migrate', 'postgres', 'worker']);
    for (const { build } of Object.values(services)) if (build) expect(stages[build.target]).toBeDefined();
  });

  it('starts the apps after the migration, and that after a healthy PostgreSQL with its secrets', () => {
    const conditions = (name: string) =>
      Object.entries(services[name]!.depends_on ?? {}).map(([other, { condition }]) => `${other} ${condition}`);
    expect(conditions('postgres')).toEqual(['init service_completed_successfully']);
    expect(conditions('migrate')).toEqual(['postgres service_healthy']);
    for (const app of ['gateway', 'worker'])
      expect(conditions(app)).toEqual(['migrate service_completed_successfully']);
  });

  it('gives no container more than it needs and holds no secret', () => {
    for (const { read_only: isReadOnly, cap_drop: dropped } of Object.values(services)) {
      expect(isReadOnly).toBe(true);
      expect(dropped).toEqual(['ALL']);
    }
    const variables = Object.values(services).flatMap(({ environment = {} }) => Object.entries(environment));
    for (const [name, value] of variables)
      if (/PASS|KEY|SECRET|CREDENTIALS|URL/.test(name)) expect(String(value)).toMatch(/^\/run\//);
  });
});

// There is no container engine where the tests run: the same commands run as plain processes, with the same
// environment, the folders of the volumes put elsewhere and the database's URL replaced.
describe('the entry commands', () => {
  const database = useDatabase();
  const volumes = mkdtempSync(join(tmpdir(), 'sotto-compose-'));
  const children: ChildProcess[] = [];
  let port: number;

  beforeAll(async () => {
    port = await findFreePort();
  });
  afterAll(async () => {
    for (const child of children) {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    rmSync(volumes, { recursive: true, force: true });
  });

  it('bring up a stack that answers', { timeout: 120_000 }, async () => {
    expect(runToEnd('init')).toMatchObject({ status: 0 });
    const secrets = ['run/sotto/master-key', 'run/sotto/database-url', 'run/sotto/credentials.json'];
    for (const path of [...secrets, 'run/postgres-secrets/password'])
      expect(statSync(join(volumes, path)).mode & 0o777, path).toBe(0o600);
    const read = (path: string) => readFileSync(join(volumes, path), 'utf8').trim();
    const masterKey = read('run/sotto/master-key');
    const password = read('run/postgres-secrets/password');
    expect(read('run/sotto/database-url')).toBe(`postgresql://sotto:${password}@postgres:5432/sotto`);
    expect(runToEnd('init'), 'a second up').toMatchObject({ status: 0 });
    expect(read('run/sotto/master-key')).toBe(masterKey);

    writeFileSync(join(volumes, 'run/sotto/database-url'), database.url);
    expect(runToEnd('migrate')).toMatchObject({ status: 0 });
    children.push(start('gateway'), start('worker'));
    const { publishableKey } = JSON.parse(read('run/sotto/credentials.json'));
    const [gateway, worker] = children as [ChildProcess, ChildProcess];
    await until(gateway, async () => runHealthcheck('gateway') === 0);
    let workerLog = '';
    worker.stdout!.on('data', (chunk) => (workerLog += chunk));
    await until(worker, async () => workerLog.includes('"msg":"ready"'));
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-sotto-key': publishableKey },
      body: JSON.stringify({ query: '{ products(first: 1) { edges { node { sku } } } }' }),
    });
    expect(await response.json()).toEqual({ data: { products: { edges: [] } } });
  });

  function describeCommand(name: string) {
    const service = services[name]!;
    const stage = stages[service.build!.target]!;
    const [program, ...args] = [...stage.entrypoint, ...(service.command ?? stage.command)].map(relocate);
    expect(program).toBe('node');
    const variables = Object.entries(service.environment ?? {}).map(([key, value]) => [key, relocate(String(value))]);
    // Nothing of this process's environment: a container has none of it either.
    const env = { PATH: process.env['PATH'], ...Object.fromEntries(variables) };
    return { args, options: { cwd: root, env } };
  }

  function relocate(value: string): string {
    if (value === '4000') return String(port);
    return value
      .replace(/(^|=)\/run\//, `$1${volumes}/run/`)
      .replace(/=(1000:1000|999:999)$/, `=${process.getuid!()}:${process.getgid!()}`)
      .replace(/\$\{\w+:-(\w+)\}/, '$1')
      .replace('127.0.0.1:4000', `127.0.0.1:${port}`);
  }

  function runToEnd(name: string) {
    const { args, options } = describeCommand(name);
    const { status, stderr } = spawnSync(process.execPath, args, { ...options, encoding: 'utf8' });
    return { status, stderr };
  }

  function start(name: string): ChildProcess {
    const { args, options } = describeCommand(name);
    return spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 2] });
  }

  function runHealthcheck(name: string): number | null {
    const [kind, program, ...args] = services[name]!.healthcheck!.test.map(relocate);
    expect([kind, program]).toEqual(['CMD', 'node']);
    return spawnSync(process.execPath, args).status;
  }
});

/** The last ENTRYPOINT and CMD of each stage of a Dockerfile that writes them as JSON. */
function readStages(dockerfile: string): Record<string, Stage> {
  const found: Record<string, Stage> = {};
  for (const part of dockerfile.split(/^FROM /m).slice(1)) {
    const name = / AS (\S+)/.exec(part)?.[1];
    const read = (keyword: string) => JSON.parse(new RegExp(`^${keyword} (\\[.*\\])`, 'm').exec(part)?.[1] ?? '[]');
    if (name) found[name] = { entrypoint: read('ENTRYPOINT'), command: read('CMD') };
  }
  return found;
}

async function until(child: ChildProcess, condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) {
    expect(child.exitCode, 'it ended').toBeNull();
    await sleep(100);
  }
}
