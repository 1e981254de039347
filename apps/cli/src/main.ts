import { ClusterError } from '@sotto/database';
import { AppError } from '@sotto/shop';
import { COMMANDS, type Command } from './commands.ts';
import { ServiceError } from './local/service.ts';
import { isStopping, stopWithParent } from './stopping.ts';

stopWithParent(); // bootstrap.mjs
const [name = '', ...args] = process.argv.slice(2);
process.exitCode = await runCommand(name, args);

async function runCommand(name: string, args: string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    process.stderr.write(`${name ? `There is no command ${name}. ` : ''}The commands are:\n${listCommands()}`);
    return 1;
  }
  try {
    const { run } = await command.load();
    return await run(args);
  } catch (error) {
    // The rest is done by whoever ends this program, with an exit code of its own.
    if (isStopping()) return await new Promise(() => undefined);
    process.stderr.write(`${describeFailure(error)}\n`);
    return 1;
  }
}

function listCommands(): string {
  const entries: [string, Command][] = Object.entries(COMMANDS);
  return entries.map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}\n`).join('');
}

/** Expected failures are a sentence for a person; anything else shows where it came from. */
function describeFailure(error: unknown): string {
  if (error instanceof AppError || error instanceof ClusterError || error instanceof ServiceError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const disk = describeDiskFailure(error);
  if (disk) return disk;
  const cause = error.cause instanceof Error ? `\nCaused by: ${error.cause.stack}` : '';
  return `${error.stack}${cause}`;
}

/** By Node.js's error names and by PostgreSQL's (53100: disk_full). */
function describeDiskFailure({ code, path }: NodeJS.ErrnoException): string | undefined {
  const place = path ?? 'the database';
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === '53100') return `The disk of ${place} is full.`;
  if (code === 'EROFS') return `The disk of ${place} is read-only; set SOTTO_DATA_DIR to a folder that can be written.`;
  if ((code === 'EACCES' || code === 'EPERM') && path)
    return `${place} cannot be written; set SOTTO_DATA_DIR to a folder that can.`;
  return undefined;
}
