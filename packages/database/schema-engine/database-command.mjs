import pg from 'pg';
import { logLine } from './log.mjs';

/**
 * The engine's `cli` sub-commands: can-connect-to-database, create-database, drop-database.
 * @returns {Promise<number>} exit code
 */
export async function runDatabaseCommand(command, databaseUrl) {
  const url = new URL(databaseUrl);
  url.searchParams.delete('schema');
  const name = decodeURIComponent(url.pathname.slice(1));
  try {
    if (command === 'can-connect-to-database') {
      await withClient(url, (client) => client.query('SELECT 1'));
    } else if (command === 'create-database' || command === 'drop-database') {
      url.pathname = '/postgres';
      const verb = command === 'create-database' ? 'CREATE' : 'DROP';
      await withClient(url, (client) => client.query(`${verb} DATABASE ${pg.escapeIdentifier(name)}`));
    } else {
      throw new Error(`unknown schema engine command ${command}`);
    }
    logLine('INFO', `${command} done`);
    return 0;
  } catch (error) {
    const isMissing = error.code === '3D000';
    const message = isMissing ? `Database \`${name}\` does not exist` : error.message;
    process.stderr.write('\n');
    logLine('ERROR', message, { error_code: isMissing ? 'P1003' : 'P1001', is_panic: false });
    return 1;
  }
}

async function withClient(url, run) {
  const client = new pg.Client({ connectionString: url.toString() });
  await client.connect();
  try {
    await run(client);
  } finally {
    await client.end();
  }
}
