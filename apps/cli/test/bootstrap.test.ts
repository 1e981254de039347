import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { root } from '../src/repository.ts';

/** Writes down how it was called and puts the programs that bootstrap.mjs uses where npm would. */
const NPM = `
const { appendFileSync, mkdirSync, writeFileSync, copyFileSync } = require('node:fs');
appendFileSync('calls.log', 'npm ' + process.argv[2] + '\\n');
const put = (path, text) => { mkdirSync(require('node:path').dirname(path), { recursive: true }); writeFileSync(path, text); };
put('node_modules/prisma/build/index.js', "require('node:fs').appendFileSync('calls.log', 'generate\\\\n'); require('node:fs').mkdirSync('packages/database/src/generated', { recursive: true }); require('node:fs').writeFileSync('packages/database/src/generated/client.ts', '');");
put('node_modules/typescript/bin/tsc', "require('node:fs').appendFileSync('calls.log', 'tsc\\\\n'); require('node:fs').copyFileSync('main.js', 'apps/cli/dist/main.js'); if (require('node:fs').existsSync('broken')) { console.log('a.ts(1,1): error'); process.exit(1); }");
copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
setTimeout(() => console.log('installed'), 300);
`;

const MAIN = `
const [command, exitCode = 0] = process.argv.slice(2);
process.exitCode = Number(exitCode);
if (command === 'wait') {
  const timer = setInterval(() => {}, 1000);
  process.on('SIGTERM', () => clearInterval(timer));
}
process.stdout.write(JSON.stringify(process.argv.slice(2)));
`;

let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'sotto-bootstrap-'));
  for (const folder of ['apps/cli', 'prisma']) mkdirSync(join(checkout, folder), { recursive: true });
  cpSync(join(root, 'apps/cli/bootstrap.mjs'), join(checkout, 'apps/cli/bootstrap.mjs'));
  put('npm-cli.js', NPM);
  put('main.js', MAIN);
  put('prisma/schema.prisma', 'model A {}');
  lockPackage('1.0.0');
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

it('installs, generates and compiles a bare clone, then only compiles', async () => {
  const first = await bootstrap(['evaluate', '3']);
  expect(first).toMatchObject({ exitCode: 3, stdout: '["evaluate","3"]' });
  expect(first.stderr).toContain('Installing packages');
  expect(takeCalls()).toEqual(['npm ci', 'generate', 'tsc']);

  expect(await bootstrap(['evaluate'])).toMatchObject({ exitCode: 0, stdout: '["evaluate"]', stderr: '' });
  expect(takeCalls()).toEqual(['tsc']);
});

it('follows a changed lock file and a changed schema', async () => {
  await bootstrap(['x']);
  takeCalls();
  lockPackage('2.0.0');
  await bootstrap(['x']);
  expect(takeCalls()).toEqual(['npm install', 'generate', 'tsc']);

  lockPackage('3.0.0');
  cpSync(join(checkout, 'package-lock.json'), join(checkout, 'node_modules/.package-lock.json'));
  await bootstrap(['x']);
  expect(takeCalls(), 'somebody ran npm install').toEqual(['tsc']);

  put('prisma/schema.prisma', 'model B {}');
  await bootstrap(['x']);
  expect(takeCalls()).toEqual(['generate', 'tsc']);
});

it('installs once when two commands start together', async () => {
  const both = await Promise.all([bootstrap(['a']), bootstrap(['b'])]);
  expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(takeCalls().filter((call) => call === 'npm ci')).toHaveLength(1);
  expect(existsSync(join(checkout, 'apps/cli/dist/bootstrap.lock'))).toBe(false);
});

it('takes over the lock of a process that is gone', async () => {
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  put('apps/cli/dist/bootstrap.lock', String(gone.pid));
  expect(await bootstrap(['a'])).toMatchObject({ exitCode: 0 });
});

it('stops at code that does not compile, except for the commands that report it themselves', async () => {
  await bootstrap(['x']);
  put('broken', '');
  const stopped = await bootstrap(['x']);
  expect(stopped).toMatchObject({ exitCode: 1, stdout: '' });
  expect(stopped.stderr).toContain('a.ts(1,1): error');
  expect(await bootstrap(['check'])).toMatchObject({ exitCode: 0, stdout: '["check"]' });
});

it('passes a signal on and ends as the command ends', async () => {
  const running = start(['wait', '7']);
  await once(running.child.stdout, 'data');
  running.child.kill('SIGTERM');
  expect(await running.result).toMatchObject({ exitCode: 7 });
});

it.skipIf(process.platform === 'win32')('ends the command when a signal ended npm alone', async () => {
  await bootstrap(['x']);
  const command = `"${process.execPath}" apps/cli/bootstrap.mjs wait; true`;
  const shell = spawn('sh', ['-c', command], {
    cwd: checkout,
    env: { ...process.env, npm_lifecycle_event: 'wait' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(shell.stdout, 'data');
  shell.kill('SIGTERM');
  await once(shell, 'close'); // when nobody holds its output any more
  expect(shell.signalCode).toBe('SIGTERM');
});

it('says in one sentence that Node.js is too old', async () => {
  put('old.cjs', "Object.defineProperty(process.versions, 'node', { value: '20.18.3' });");
  const result = await bootstrap(['x'], { NODE_OPTIONS: `--require ${join(checkout, 'old.cjs')}` });
  expect(result).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'Sotto needs Node.js 20.19 or newer, this is 20.18.3.\n',
  });
});

function bootstrap(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return start(args, env).result;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [join(checkout, 'apps/cli/bootstrap.mjs'), ...args], {
    cwd: checkout,
    env: { ...process.env, npm_execpath: join(checkout, 'npm-cli.js'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const result = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number, stdout, stderr }));
  return { child, result };
}

function takeCalls(): string[] {
  const path = join(checkout, 'calls.log');
  const calls = readFileSync(path, 'utf8').trim().split('\n');
  rmSync(path);
  return calls;
}

function lockPackage(version: string): void {
  put('package-lock.json', JSON.stringify({ packages: { '': {}, 'node_modules/prisma': { version } } }));
}

function put(path: string, text: string): void {
  mkdirSync(join(checkout, path, '..'), { recursive: true });
  writeFileSync(join(checkout, path), text);
}
