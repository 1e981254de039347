import pg from 'pg';
import { parseDatabaseUrl } from './connection.mjs';
import { logLine } from './log.mjs';

/**
 * The engine's `cli` sub-commands: can-connect-to-database, create-database, drop-database.
 * @returns {Promise<number>} exit code
 */
export async function runDatabaseCommand(command, databaseUrl) {
  const { config } = parseDatabaseUrl(databaseUrl);
  const name = config.database ?? '';
  try {
    if (command === 'can-connect-to-database') {
      await withClient(config, (client) => client.query('SELECT 1'));
    } else if (command === 'create-database' || command === 'drop-database') {
      const verb = command === 'create-database' ? 'CREATE' : 'DROP';
      const statement = `${verb} DATABASE ${pg.escapeIdentifier(name)}`;
      await withClient({ ...config, database: 'postgres' }, (client) => client.query(statement));
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

async function withClient(config, run) {
  const client = new pg.Client(config);
  await client.connect();
  try {
    await run(client);
  } finally {
    await client.end();
  }
}
