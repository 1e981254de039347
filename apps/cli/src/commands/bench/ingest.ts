import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '@sotto/database';
import { type GatewayProcess, startGateway } from './gateway-process.ts';
import { type BenchResult, describeMachine } from './result.ts';
import { type BenchShop, createBenchShop } from './shop.ts';

const SHOP = { productCount: 1_000, customerCount: 3_000, meanHistory: 0 };
const BATCH_EVENTS = 500;
const SENDERS = 4;
const DEFAULT_SECONDS = 10;
const WARM_UP_SECONDS = 3;
/** Batches sent around the kill. */
const CRASH_BATCHES = 60;
const RETRY_MS = 50;
const REQUEST_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 90_000;
const TYPES = ['VIEW', 'VIEW', 'VIEW', 'VIEW', 'VIEW', 'VIEW', 'CART', 'CART', 'PURCHASE'];

const RECORD = `mutation Record($events: [EventInput!]!) {
  recordEvents(events: $events) { accepted duplicates rejected { index code message } }
}`;

interface Recorded {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly unknown[];
}

/**
 * Events per second through `recordEvents` in batches of 500, then the same while the gateway is killed and started
 * again under a client that sends every batch until it is answered. Every event carries a moment of its own, by which
 * the stored ones are counted afterwards.
 * @throws Error when a batch is rejected, or the kill met no batch
 */
export async function benchIngest(options: { readonly seconds?: number } = {}): Promise<BenchResult> {
  const shop = await createBenchShop(SHOP);
  let gateway: GatewayProcess | undefined;
  try {
    const port = await findFreePort();
    gateway = await startGateway('main.js', shop.env, port);
    const client = new EventClient(shop, gateway.url);
    await client.sendFor(WARM_UP_SECONDS);
    const sentBefore = client.sent;
    const startedAt = performance.now();
    await client.sendFor(options.seconds ?? DEFAULT_SECONDS);
    const eventsPerSecond = (client.sent - sentBefore) / ((performance.now() - startedAt) / 1000);

    const crashed = gateway;
    const restart = async () => {
      await client.waitForBatches(CRASH_BATCHES / 4);
      await crashed.kill();
      gateway = await startGateway('main.js', shop.env, port);
    };
    // Both to their end, whichever fails: what the other one started is stopped below.
    const ends = await Promise.allSettled([client.sendBatches(CRASH_BATCHES), restart()]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    if (client.retries === 0) throw new Error('the gateway was not killed while batches were under way');

    const { stored, distinct } = await countStored(shop);
    return {
      name: 'ingest',
      figures: {
        eventsPerSecond: Math.round(eventsPerSecond),
        lost: client.sent - distinct,
        doubled: stored - distinct,
      },
      yardstick: null,
      ratio: null,
      machine: describeMachine(),
    };
  } finally {
    await gateway?.stop();
    await shop.close();
  }
}

async function countStored({ database }: BenchShop): Promise<{ stored: number; distinct: number }> {
  const { rows } = await database.pool.query<{ stored: number; distinct: number }>(
    'SELECT count(*)::int AS stored, count(DISTINCT occurred_at)::int AS distinct FROM interaction',
  );
  return rows[0]!;
}

/** A shop's server that sends batches, each until it is answered. */
class EventClient {
  /** Events of batches that were answered. */
  sent = 0;
  retries = 0;
  readonly #shop: BenchShop;
  readonly #url: string;
  readonly #firstMs = Date.now() - 30 * 86_400_000;
  #next = 0;
  #answeredBatches = 0;
  #isSending = false;

  constructor(shop: BenchShop, url: string) {
    this.#shop = shop;
    this.#url = url;
  }

  async sendFor(seconds: number): Promise<void> {
    const endsAt = performance.now() + seconds * 1000;
    await this.#sendWhile(() => performance.now() < endsAt);
  }

  async sendBatches(count: number): Promise<void> {
    this.#answeredBatches = 0;
    let left = count;
    await this.#sendWhile(() => left-- > 0);
  }

  /** @throws Error when the sending ends before */
  async waitForBatches(count: number): Promise<void> {
    while (this.#answeredBatches < count) {
      if (!this.#isSending) throw new Error('the batches ended before the gateway could be killed');
      await sleep(1);
    }
  }

  async #sendWhile(goesOn: () => boolean): Promise<void> {
    this.#isSending = true;
    const send = async () => {
      while (goesOn()) await this.#sendUntilAnswered(this.#createBatch());
    };
    await Promise.all(Array.from({ length: SENDERS }, send)).finally(() => {
      this.#isSending = false;
    });
  }

  #createBatch(): string {
    const { customers, skus } = this.#shop;
    const events = Array.from({ length: BATCH_EVENTS }, () => {
      const number = this.#next++;
      return {
        eventId: `event-${number}`,
        type: TYPES[number % TYPES.length],
        sku: skus[(number * 7) % skus.length],
        customerExternalId: customers[(number * 31) % customers.length],
        occurredAt: new Date(this.#firstMs + number).toISOString(),
        channel: 'WEB',
      };
    });
    return JSON.stringify({ query: RECORD, variables: { events } });
  }

  /** @throws Error when no answer comes for longer than a gateway takes to start */
  async #sendUntilAnswered(body: string): Promise<void> {
    const deadline = performance.now() + ANSWER_TIMEOUT_MS;
    while (performance.now() < deadline) {
      const recorded = await this.#send(body);
      if (recorded) {
        if (recorded.rejected.length > 0 || recorded.accepted + recorded.duplicates !== BATCH_EVENTS)
          throw new Error(`a batch was not recorded: ${JSON.stringify(recorded).slice(0, 500)}`);
        this.sent += BATCH_EVENTS;
        this.#answeredBatches++;
        return;
      }
      this.retries++;
      await sleep(RETRY_MS);
    }
    throw new Error('the gateway does not answer any more');
  }

  /** @returns undefined when no answer came: whether it was stored is then unknown. */
  async #send(body: string): Promise<Recorded | undefined> {
    let text: string;
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-sotto-key': this.#shop.secretKey },
        body,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      text = await response.text();
    } catch {
      return undefined; // killed, or not up again
    }
    const { data, errors } = JSON.parse(text) as { data?: { recordEvents: Recorded }; errors?: unknown };
    if (!data) throw new Error(`recordEvents failed: ${JSON.stringify(errors).slice(0, 500)}`);
    return data.recordEvents;
  }
}
