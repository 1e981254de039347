import { findFreePort } from '@sotto/database';
import autocannon from 'autocannon';
import { type GatewayProcess, startGateway } from './gateway-process.ts';
import { type BenchResult, describeMachine } from './result.ts';
import { activateBenchModel, type BenchShop, createBenchShop, createHistories } from './shop.ts';

const SHOP = { productCount: 10_000, customerCount: 3_000, meanHistory: 50 };
const CONNECTIONS = 32;
const DEFAULT_SECONDS = 24;
const ROUNDS = 4;
const WARM_UP_SECONDS = 5;

/** What a storefront's shelf selects. */
const RECOMMENDATIONS = `query Shelf($first: Int!) {
  recommendations(placement: "home", first: $first) {
    recommendationId
    basis { level because }
    edges { node { sku title price } score reason { kind text } }
  }
}`;
const PRODUCT = 'query Product($sku: String!) { product(sku: $sku) { sku title price } }';

interface Round {
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
}

/**
 * Requests per second of `recommendations(first: 20)` for customers with histories, beside those of `product(sku)` by
 * one Prisma findUnique on the same server, turn by turn on one machine that also makes the load.
 * @throws Error when an answer is not what it should be
 */
export async function benchGateway(options: { readonly seconds?: number } = {}): Promise<BenchResult> {
  const shop = await createBenchShop(SHOP);
  const gateways: GatewayProcess[] = [];
  try {
    await activateBenchModel(shop, await createHistories(shop, SHOP));
    const gateway = await startGateway('main.js', shop.env, await findFreePort());
    gateways.push(gateway);
    const yardstick = await startGateway('bench-server.js', shop.env, await findFreePort());
    gateways.push(yardstick);
    await checkAnswer(gateway.url, askRecommendations(shop, shop.customers[0]!));

    const recommend = shop.customers.map((customer) => askRecommendations(shop, customer));
    const look = shop.skus.slice(0, recommend.length).map((sku) => askProduct(shop, sku));
    const seconds = Math.max(1, Math.round((options.seconds ?? DEFAULT_SECONDS) / (2 * ROUNDS)));
    await load(gateway.url, recommend, WARM_UP_SECONDS);
    await load(yardstick.url, look, WARM_UP_SECONDS);
    const rounds: { own: Round; other: Round }[] = [];
    for (let round = 0; round < ROUNDS; round++)
      rounds.push({
        own: await load(gateway.url, recommend, seconds),
        other: await load(yardstick.url, look, seconds),
      });
    const residentMb = gateway.readResidentMb();
    const own = median(rounds.map(({ own }) => own.requestsPerSecond));
    const other = median(rounds.map(({ other }) => other.requestsPerSecond));
    return {
      name: 'gateway',
      figures: {
        requestsPerSecond: Math.round(own),
        p99Ms: median(rounds.map(({ own }) => own.p99Ms)),
        ...(residentMb !== undefined && { residentMb }),
      },
      yardstick: { name: 'product(sku) by one Prisma findUnique, requests/s', value: Math.round(other) },
      ratio: Math.round((own / other) * 100) / 100,
      machine: describeMachine(),
    };
  } finally {
    for (const gateway of gateways) await gateway.stop();
    await shop.close();
  }
}

function askRecommendations(shop: BenchShop, customer: string): autocannon.Request {
  return {
    method: 'POST',
    headers: { ...headersOf(shop), authorization: `Bearer ${shop.signToken(customer)}` },
    body: JSON.stringify({ query: RECOMMENDATIONS, variables: { first: 20 } }),
  };
}

function askProduct(shop: BenchShop, sku: string): autocannon.Request {
  return {
    method: 'POST',
    headers: headersOf(shop),
    body: JSON.stringify({ query: PRODUCT, variables: { sku } }),
  };
}

function headersOf({ publishableKey }: BenchShop) {
  return { 'content-type': 'application/json', 'x-sotto-key': publishableKey };
}

/** A fast wrong answer is no figure. */
async function checkAnswer(url: string, { headers, body }: autocannon.Request): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: headers as Record<string, string>,
    body: body as string,
  });
  const text = await response.text();
  const { data, errors } = JSON.parse(text) as {
    data?: { recommendations: { edges: unknown[]; basis: { level: string } } };
    errors?: unknown;
  };
  const answer = data?.recommendations;
  if (errors || answer?.edges.length !== 20 || answer.basis.level !== 'PERSONAL')
    throw new Error(`the gateway does not answer as it should: ${text.slice(0, 500)}`);
}

async function load(url: string, requests: autocannon.Request[], seconds: number): Promise<Round> {
  const share = Math.floor(requests.length / CONNECTIONS);
  let connection = 0;
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    // Each connection asks for customers of its own; preparing all requests for all of them would take seconds.
    requests: requests.slice(0, 1),
    setupClient(client) {
      const start = connection++ * share;
      client.setRequests(requests.slice(start, start + share));
    },
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers were refused and ${result.errors} requests failed under load`);
  return { requestsPerSecond: result.requests.total / result.duration, p99Ms: result.latency.p99 };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
