import { openCluster } from '@sotto/database';
import { AppError } from '@sotto/shop';
import pg from 'pg';
import type { CliEnv } from '../env.ts';

const MINIMUM_POSTGRES = 14;
const CONNECT_TIMEOUT_MS = 10_000;

/** The PostgreSQL that commands work with. */
export interface DatabaseServer {
  readonly url: string;
  readonly version: string;
  /** Whether it is the data folder's own. */
  readonly isEmbedded: boolean;
  /** Stops it when it is the data folder's and nobody else uses it. */
  close(): Promise<void>;
}

/**
 * DATABASE_URL where it is set, else the data folder's PostgreSQL, started if it does not run.
 * @throws AppError or ClusterError with one sentence for a person
 */
export async function openDatabaseServer(env: Pick<CliEnv, 'databaseUrl' | 'dataDir'>): Promise<DatabaseServer> {
  if (env.databaseUrl)
    return {
      url: env.databaseUrl,
      version: await readVersion(env.databaseUrl),
      isEmbedded: false,
      close: async () => undefined,
    };
  const cluster = await openCluster({ dataDir: env.dataDir });
  try {
    const version = await readVersion(cluster.url);
    return { url: cluster.url, version, isEmbedded: true, close: () => cluster.close() };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

async function readVersion(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined); // a connection that breaks here fails the query below
  try {
    await client.connect();
    const { rows } = await client.query<{ number: string; version: string }>(
      "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version",
    );
    const { number, version } = rows[0]!;
    if (Number(number) < MINIMUM_POSTGRES * 10_000)
      throw new AppError('UNAVAILABLE', `Sotto needs PostgreSQL ${MINIMUM_POSTGRES} or newer, this is ${version}.`);
    return version.split(' ')[0]!;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('UNAVAILABLE', `PostgreSQL at ${describeAddress(url)} cannot be used: ${messageOf(cause)}.`, {
      cause,
    });
  } finally {
    await client.end().catch(() => undefined); // it may never have connected
  }
}

/** Without user and password. */
function describeAddress(url: string): string {
  if (!URL.canParse(url)) return 'DATABASE_URL';
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A host with several addresses fails with one error for each.
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error.message;
}
