import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from './repository.ts';
import { closeOnSignal } from './stopping.ts';

export interface ProcessResult {
  /** 128 + n where signal n ended it, as shells count. */
  readonly exitCode: number;
  /** stdout and stderr in the order they came; empty where the process wrote to this terminal. */
  readonly output: string;
  readonly stdout: string;
}

/** Runs a Node.js program to its end, collecting what it says. */
export async function runNode(
  script: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; isInherited?: boolean } = {},
): Promise<ProcessResult> {
  const stdio: SpawnOptions['stdio'] = options.isInherited ? ['ignore', 'inherit', 'inherit'] : 'pipe';
  const child = spawn(process.execPath, [script, ...args], {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    stdio,
  });
  child.stdin?.end();
  const release = closeOnSignal(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  });
  let output = '';
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise<ProcessResult>((settle, fail) => {
    child.once('error', fail);
    child.once('close', (code) => settle({ exitCode: code ?? 130, output, stdout }));
  }).finally(release);
}

/** Where an installed package's program is: run with node, it needs no shell and no .cmd on Windows. */
export function findProgram(packageName: string, script: string): string {
  const require = createRequire(join(root, 'package.json'));
  return join(dirname(require.resolve(`${packageName}/package.json`)), script);
}
