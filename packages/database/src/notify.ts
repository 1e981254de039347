import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Transaction } from './transaction.ts';

/** The active model version changed. Payload: its id. */
export const MODEL_CHANNEL = 'sotto_model';
/** A training run moved: progress, points, log or status. Payload: the model version's id. */
export const TRAINING_CHANNEL = 'sotto_training';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

export interface Listener {
  close(): Promise<void>;
}

/** Sends a hint, delivered when the transaction commits. The truth is in rows; a hint only saves waiting for a poll. */
export async function notify(tx: Transaction, channel: string, payload: string): Promise<void> {
  await tx.query('SELECT pg_notify($1, $2)', [channel, payload]);
}

/**
 * Listens for hints on a connection of its own (a pooler in between would lose them) and reconnects for ever.
 * @param onHint called with an empty payload on every channel after a reconnect, since hints may have been missed
 * @throws when the first connection fails
 */
export async function listen(
  url: string,
  channels: readonly string[],
  onHint: (channel: string, payload: string) => void,
): Promise<Listener> {
  const stop = new AbortController();
  let client = await connect(url, channels, onHint);
  const keepListening = async () => {
    while (!stop.signal.aborted) {
      await once(client, 'end', { signal: stop.signal }).catch(() => undefined); // rejects when closed
      for (let delayMs = FIRST_RETRY_MS; !stop.signal.aborted; delayMs = Math.min(delayMs * 2, LAST_RETRY_MS)) {
        try {
          client = await connect(url, channels, onHint);
          for (const channel of channels) onHint(channel, '');
          break;
        } catch {
          // The server is away; polling goes on without hints meanwhile.
          await sleep(delayMs, undefined, { signal: stop.signal }).catch(() => undefined);
        }
      }
    }
    await client.end().catch(() => undefined); // a broken connection cannot say goodbye
  };
  const listening = keepListening();
  return {
    close() {
      stop.abort();
      return listening;
    },
  };
}

async function connect(
  url: string,
  channels: readonly string[],
  onHint: (channel: string, payload: string) => void,
): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: LAST_RETRY_MS,
    application_name: 'sotto-listen',
  });
  client.on('error', () => undefined); // 'end' follows and reconnects
  client.on('notification', ({ channel, payload }) => onHint(channel, payload ?? ''));
  try {
    await client.connect();
    for (const channel of channels) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined); // the first error is the one that tells
    throw error;
  }
}
