import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { root } from '../repository.ts';
import { reservePort } from './port.ts';
import { ServiceError, type ServiceOptions, startService } from './service.ts';

let directory: string;
const reports: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sotto-service-'));
  reports.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const never = new AbortController().signal;

function describeService(source: string): ServiceOptions {
  const script = join(directory, 'service.mjs');
  writeFileSync(script, source);
  return {
    name: 'tester',
    script,
    env: { ...process.env, PID_FILE: join(directory, 'pid') },
    logFile: join(directory, 'service.log'),
    isReady: async (output) => output().includes('ready'),
    onReport: (line) => reports.push(line),
  };
}

const SERVE = `
import { writeFileSync } from 'node:fs';
writeFileSync(process.env.PID_FILE, String(process.pid));
process.on('SIGTERM', () => { console.log('asked to stop'); process.exit(0); });
setInterval(() => {}, 1000);
console.log('ready');
`;

it('tells the last log lines of a program that ends before it serves', async () => {
  const starting = startService(describeService("console.log('no database here'); process.exit(3);"), never);
  await expect(starting).rejects.toThrow(ServiceError);
  await expect(starting).rejects.toThrow(/The tester ended \(exit code 3\)[\s\S]*no database here/);
});

it('starts a program again that ends later, and stops it', async () => {
  const service = await startService(describeService(SERVE), never);
  const first = readPid();
  process.kill(first, 'SIGKILL');
  await until(() => readPid() !== first);
  expect(reports.join()).toMatch(/The tester ended \(signal SIGKILL\); it starts again in 1 s/);
  const second = readPid();
  await until(() => readLog().split('ready').length === 3);
  await service.stop();
  expect(isAlive(second)).toBe(false);
  expect(readLog()).toContain('asked to stop');
});

it('gives up a start that is aborted and leaves no process', async () => {
  const stop = new AbortController();
  const options = { ...describeService(SERVE), isReady: async () => false };
  const starting = startService(options, stop.signal);
  await until(() => existsSync(join(directory, 'service.log')) && readLog().includes('ready'));
  stop.abort();
  await expect(starting).rejects.toThrow('aborted');
  expect(isAlive(readPid())).toBe(false);
});

it('takes the program along when its starter is killed', async () => {
  const { script, logFile, env } = describeService(SERVE);
  const module = pathToFileURL(join(root, 'apps/cli/dist/local/service.js')).href;
  const options = JSON.stringify({ name: 'tester', script, logFile });
  const source = `
    const { startService } = await import(${JSON.stringify(module)});
    const isReady = async (output) => output().includes('ready');
    await startService({ ...${options}, env: process.env, isReady, onReport() {} }, new AbortController().signal);
    process.stdout.write('started');
  `;
  const starter = spawn(process.execPath, ['--input-type=module', '-e', source], { env, stdio: ['ignore', 'pipe', 2] });
  await once(starter.stdout!, 'data');
  starter.kill('SIGKILL');
  // By its own words: where nobody reaps orphans, its process id stays.
  await until(() => readLog().includes('asked to stop'));
});

it('says in one sentence that a port is in use, and holds a free one', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await expect(reservePort(port, 'SOTTO_GATEWAY_PORT')).rejects.toThrow(
    `Port ${port} is in use; free it or set SOTTO_GATEWAY_PORT to another one.`,
  );
  await new Promise((settle) => server.close(settle));
  const release = await reservePort(port, 'SOTTO_GATEWAY_PORT');
  await expect(reservePort(port, 'SOTTO_GATEWAY_PORT')).rejects.toThrow('is in use');
  await release();
});

function readPid(): number {
  return Number(readFileSync(join(directory, 'pid'), 'utf8'));
}

function readLog(): string {
  return readFileSync(join(directory, 'service.log'), 'utf8');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // there is no such process
  }
}

/** Bounded by the test's own time limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}
