import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMigrated, migrateDatabase, openDatabase } from '@sotto/database';
import { deriveShopKeys } from '@sotto/vault';
import { type CliEnv, readEnv } from '../env.ts';
import { writeCredentials } from '../local/credentials.ts';
import { fillEmptyShop } from '../local/demo-shop.ts';
import { followTraining, requestFirstModel } from '../local/first-model.ts';
import { composeGreeting } from '../local/greeting.ts';
import { reservePort } from '../local/port.ts';
import { readSecrets } from '../local/secrets.ts';
import { type DatabaseServer, openDatabaseServer } from '../local/server.ts';
import type { Service } from '../local/service.ts';
import { startGateway, startWorker } from '../local/services.ts';
import { createTerminal, type Terminal } from '../terminal.ts';

/** What to undo at the end, last first. */
type Cleanup = (() => Promise<unknown>)[];

/** A connection that a step still uses does not keep the stack from stopping. */
const DATABASE_CLOSE_TIMEOUT_MS = 2_000;
const LEFTOVER_TIMEOUT_MS = 1_000;

/** `npm start`: the local stack, until it is stopped. */
export async function run(): Promise<number> {
  const env = readEnv();
  const terminal = createTerminal(process.stdout);
  const cleanup: Cleanup = [];
  const stop = new AbortController();
  const stopped = once(stop.signal, 'abort');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop.abort());
  process.once('disconnect', () => stop.abort()); // bootstrap.mjs was killed
  try {
    // A step that cannot be interrupted is left where it is: its database goes away below.
    await Promise.race([bringUp(env, terminal, cleanup, stop.signal), stopped]);
    await stopped;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    if (stop.signal.aborted) terminal.line('Stopping …');
    // What cannot be undone, as in a data folder that was removed, does not keep the rest from stopping.
    for (const undo of cleanup.reverse()) await undo().catch((error: Error) => terminal.line(error.message));
    if (stop.signal.aborted) terminal.line('Stopped.');
    setTimeout(() => process.exit(), LEFTOVER_TIMEOUT_MS).unref();
    process.channel?.unref();
  }
  return 0;
}

async function bringUp(env: CliEnv, terminal: Terminal, cleanup: Cleanup, signal: AbortSignal): Promise<void> {
  const releasePort = await reservePort(env.gatewayPort, 'SOTTO_GATEWAY_PORT');
  cleanup.push(releasePort);
  const logs = join(env.dataDir, 'logs');

  const server = await terminal.step('PostgreSQL', () => openDatabaseServer(env), describeServer);
  cleanup.push(() => server.close());
  mkdirSync(logs, { recursive: true });
  // Quick where none is missing, and silent then.
  if (await isMigrated(server.url)) await migrateDatabase(server.url);
  else await terminal.step('Migrations', () => migrateDatabase(server.url));
  const secrets = readSecrets(env);
  const keys = deriveShopKeys(secrets.masterKey);
  const database = openDatabase({ url: server.url, applicationName: 'sotto-start', maxConnections: 4 });
  cleanup.push(() => Promise.race([database.close(), sleep(DATABASE_CLOSE_TIMEOUT_MS)]));
  const gatewayUrl = `http://127.0.0.1:${env.gatewayPort}/graphql`;
  const credentials = await writeCredentials(database, env.dataDir, {
    gatewayUrl,
    customerTokenSecret: secrets.customerTokenSecret,
    databaseUrl: server.url,
  });

  await fillEmptyShop(database, keys, terminal);
  const context = { databaseUrl: server.url, logs, onReport: terminal.line };
  const keep = (starting: Promise<Service>) => {
    cleanup.push(() => starting.then((service) => service.stop()).catch(() => undefined)); // it did not start
    return starting;
  };

  await terminal.step('Worker', () => keep(startWorker(context, signal)));
  const { id, refusal } = await requestFirstModel(database);
  if (refusal) terminal.line(refusal);
  if (id) await terminal.step('First model', (report) => followTraining(database, id, report, signal));
  await releasePort();
  const gateway = { ...context, port: env.gatewayPort, secrets };
  await terminal.step('Gateway', () => keep(startGateway(gateway, signal)));
  terminal.line(await composeGreeting(database, keys, credentials, env.dataDir));
}

function describeServer({ version, isEmbedded }: DatabaseServer): string {
  return isEmbedded ? version : `${version}, yours`;
}
