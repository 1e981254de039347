// Runs before anything is installed: no dependencies, plain JavaScript. Brings the checkout to where the compiled
// commands can run (packages, Prisma client, JavaScript), then hands over to apps/cli/dist/main.js.
// Everything it says goes to stderr, so that a command's --json keeps stdout to itself.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MINIMUM_NODE = [20, 19];
/** These report type errors as one of their own steps. */
const COMMANDS_THAT_CHECK_TYPES = new Set(['check', 'test']);
const LOCK_POLL_MS = 200;
const PARENT_POLL_MS = 500;
const LOCK_TIMEOUT_MS = 10 * 60_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const paths = {
  lockFile: join(root, 'apps', 'cli', 'dist', 'bootstrap.lock'),
  main: join(root, 'apps', 'cli', 'dist', 'main.js'),
  modules: join(root, 'node_modules'),
  packageLock: join(root, 'package-lock.json'),
  prismaClient: join(root, 'packages', 'database', 'src', 'generated', 'client.ts'),
  schema: join(root, 'prisma', 'schema.prisma'),
};

/** What went wrong, in one sentence for a person. */
class BootstrapError extends Error {}

/** The program that runs now, and the signal that this one was sent: both end together. */
let child;
let stopSignal;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal));
// A signal to npm alone reaches the shell between npm and this program, which leaves without passing it on.
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop('SIGTERM');
  }, PARENT_POLL_MS).unref();
}

try {
  requireNode();
  const args = process.argv.slice(2);
  await prepare(args[0] ?? '');
  await handOver(args);
} catch (error) {
  console.error(error instanceof BootstrapError ? error.message : error);
  process.exitCode = 1;
}

/** @param {string} signal */
function stop(signal) {
  stopSignal = signal;
  child?.kill(signal);
}

function requireNode() {
  const found = process.versions.node.split('.').map(Number);
  const isOld = found[0] < MINIMUM_NODE[0] || (found[0] === MINIMUM_NODE[0] && found[1] < MINIMUM_NODE[1]);
  if (isOld) {
    throw new BootstrapError(
      `Sotto needs Node.js ${MINIMUM_NODE.join('.')} or newer, this is ${process.versions.node}.`,
    );
  }
}

/** @param {string} command */
async function prepare(command) {
  const release = await takeLock();
  try {
    const isInstalled = await installPackages();
    const isGenerated = await generatePrismaClient(isInstalled);
    await compile(command, isInstalled || isGenerated);
  } finally {
    release();
  }
}

/** @returns {Promise<boolean>} whether anything was installed */
async function installPackages() {
  const wanted = hashOf(paths.packageLock);
  if (readMarker('packages') === wanted) return false;
  const hasTree = existsSync(join(paths.modules, '.package-lock.json'));
  if (!(hasTree && isTreeCurrent())) {
    console.error(hasTree ? 'Updating packages …' : 'Installing packages …');
    // An existing tree is brought up to date in place: `npm ci` would pull it from under a running stack.
    await run(...npm([hasTree ? 'install' : 'ci', '--no-audit', '--no-fund', '--loglevel=error']), {
      failure: 'Installing the packages failed; npm said why above.',
    });
    writeMarker('packages', wanted);
    return true;
  }
  writeMarker('packages', wanted);
  return false;
}

/** Whether node_modules already holds what package-lock.json asks for, as after somebody's own `npm install`. */
function isTreeCurrent() {
  const found = JSON.parse(readFileSync(join(paths.modules, '.package-lock.json'), 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(paths.packageLock, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true;
    const installed = found[path];
    return installed ? installed.version === entry.version : entry.optional === true || entry.devOptional === true;
  });
}

/** @param {boolean} isForced @returns {Promise<boolean>} whether it was generated */
async function generatePrismaClient(isForced) {
  const wanted = hashOf(paths.schema);
  if (!isForced && existsSync(paths.prismaClient) && readMarker('prisma-client') === wanted) return false;
  console.error('Generating the Prisma client …');
  await run(process.execPath, [join(paths.modules, 'prisma', 'build', 'index.js'), 'generate'], {
    failure: 'Generating the Prisma client failed.',
    isQuiet: true,
    env: { PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' },
  });
  writeMarker('prisma-client', wanted);
  return true;
}

/** @param {string} command @param {boolean} isAnnounced */
async function compile(command, isAnnounced) {
  if (isAnnounced || !existsSync(paths.main)) console.error('Compiling …');
  const mayFail = COMMANDS_THAT_CHECK_TYPES.has(command);
  await run(process.execPath, [join(paths.modules, 'typescript', 'bin', 'tsc'), '-b'], {
    failure: mayFail ? undefined : 'The code does not compile; the errors are above.',
    isQuiet: true,
  });
  // tsc writes JavaScript in spite of type errors.
  if (!existsSync(paths.main)) throw new BootstrapError('The compiler wrote no JavaScript; run `npx tsc -b`.');
}

/** Runs the command with this terminal; ends as it ends. @param {string[]} args */
async function handOver(args) {
  child = spawn(process.execPath, ['--enable-source-maps', paths.main, ...args], {
    // By the channel a command notices when this process was killed without passing anything on.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const { code, signal } = await ended(child);
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
}

/** One bootstrap at a time in a checkout: two at once would install and compile over each other. */
async function takeLock() {
  const deadline = Date.now() + LOCK_TIMEOUT_MS;
  let hasTold = false;
  try {
    mkdirSync(dirname(paths.lockFile), { recursive: true });
    for (;;) {
      try {
        const file = openSync(paths.lockFile, 'wx');
        writeFileSync(file, String(process.pid));
        closeSync(file);
        return () => rmSync(paths.lockFile, { force: true });
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      if (isLockStale()) {
        rmSync(paths.lockFile, { force: true });
        continue;
      }
      if (stopSignal) throw new BootstrapError('Stopped.');
      if (Date.now() > deadline) throw new BootstrapError(`Another command holds ${paths.lockFile}; remove it if not.`);
      if (!hasTold) console.error('Waiting for another command that installs or compiles …');
      hasTold = true;
      await new Promise((settle) => setTimeout(settle, LOCK_POLL_MS));
    }
  } catch (error) {
    if (error instanceof BootstrapError) throw error;
    throw new BootstrapError(`The folder ${root} cannot be written: ${error.message}.`);
  }
}

function isLockStale() {
  try {
    const holder = Number(readFileSync(paths.lockFile, 'utf8'));
    // Its holder writes its id right after making it.
    if (holder === 0) return Date.now() - statSync(paths.lockFile).mtimeMs > 5_000;
    process.kill(holder, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/**
 * @param {string} program @param {string[]} args
 * @param {{failure: string | undefined, isQuiet?: boolean, env?: Record<string, string>}} options isQuiet: what the
 *   program says is shown only when it fails; failure undefined: it may fail
 */
async function run(program, args, { failure, isQuiet = false, env = {} }) {
  const stdio = isQuiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2];
  child = spawn(program, args, { cwd: root, stdio, env: { ...process.env, ...env } });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
  const { code, signal } = await ended(child);
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K'); // what is left of npm's progress
  if (stopSignal || signal) throw new BootstrapError('Stopped.');
  if (code !== 0 && failure) {
    process.stderr.write(Buffer.concat(output));
    throw new BootstrapError(failure);
  }
}

/** @param {import('node:child_process').ChildProcess} program */
function ended(program) {
  return new Promise((settle, fail) => {
    program.once('error', fail);
    program.once('close', (code, signal) => settle({ code, signal }));
  });
}

/** npm as a program and its arguments; run by npm itself, its script needs no lookup. @param {string[]} args */
function npm(args) {
  const script = process.env.npm_execpath;
  if (script?.endsWith('npm-cli.js')) return [process.execPath, [script, ...args]];
  return process.platform === 'win32' ? ['cmd.exe', ['/d', '/s', '/c', 'npm', ...args]] : ['npm', args];
}

/** @param {string} path */
function hashOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** @param {string} name */
function readMarker(name) {
  const path = join(paths.modules, `.sotto-${name}`);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** @param {string} name @param {string} value */
function writeMarker(name, value) {
  writeFileSync(join(paths.modules, `.sotto-${name}`), value);
}
