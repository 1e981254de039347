import { randomUUID } from 'node:crypto';
import { type Database, inTransaction, migrateDatabase, openDatabase, writeSetting } from '@sotto/database';
import { budgetPolicy, type ReleaseRequest, reserve, verifyLedger } from '@sotto/ledger';
import { openRenyiFilter, priceEvent } from '@sotto/privacy';
import { openScratchCluster } from '../../local/scratch-cluster.ts';
import { type BenchResult, describeMachine } from './result.ts';

const CONNECTIONS = 32;
/** A day in December: the shop has the twelve cohorts of a year. */
const NOW = new Date('2026-12-15T12:00:00Z');
const WARM_UP_RESERVATIONS = 200;
/** How many reservations fit into a budget, the warm-up's among them: it ends by exhaustion, under all connections. */
const PERMITTED = 3_000;
const BUDGET = { epsilon: '10', delta: '0.000001' };

/**
 * Reservations per second over twelve cohorts by 32 connections at once, each a question of its own, on a PostgreSQL that
 * writes every commit to the disk; until the budgets are exhausted. `overspent` is by how many reservations.
 * @throws Error when the ledger does not verify afterwards
 */
export async function benchLedger(): Promise<BenchResult> {
  const cluster = await openScratchCluster('bench');
  try {
    await migrateDatabase(cluster.url);
    const database = openDatabase({
      url: cluster.url,
      maxConnections: CONNECTIONS,
      applicationName: 'sotto-bench-client',
    });
    try {
      return await measure(database);
    } finally {
      await database.close();
    }
  } finally {
    await cluster.close();
  }
}

async function measure(database: Database): Promise<BenchResult> {
  await writeSetting(database, budgetPolicy, BUDGET);
  const rho = findRho();
  const warmUp = await reserveUntil(database, rho, WARM_UP_RESERVATIONS);
  const startedAt = performance.now();
  const measured = await reserveUntil(database, rho, Number.POSITIVE_INFINITY);
  const seconds = (performance.now() - startedAt) / 1_000;
  const verification = await verifyLedger(database);
  if (!verification.valid) throw new Error(`the ledger is broken: ${verification.firstBroken?.what}`);
  return {
    name: 'ledger',
    figures: {
      reservationsPerSecond: Math.round(measured / seconds),
      overspent: Math.max(0, warmUp + measured - PERMITTED),
    },
    yardstick: null,
    ratio: null,
    machine: describeMachine(),
  };
}

/** As many connections as there are reserve until the budgets are exhausted or `limit` is reached. */
async function reserveUntil(database: Database, rho: string, limit: number): Promise<number> {
  let begun = 0;
  let admitted = 0;
  const work = async () => {
    while (begun++ < limit) {
      const { kind } = await inTransaction(database, (tx) => reserve(tx, createRequest(rho), NOW));
      if (kind === 'budget-exhausted') return;
      if (kind !== 'reserved') throw new Error(`a question of its own was answered with ${kind}`);
      admitted++;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return admitted;
}

function createRequest(rho: string): ReleaseRequest {
  return {
    kind: 'COUNT',
    question: { measure: 'CUSTOMERS', filter: { skus: [randomUUID()] } },
    purpose: 'ANALYTICS',
    askedBy: 'bench',
    event: { kind: 'zeroConcentrated', rho },
    epsilon: '0.1',
    delta: BUDGET.delta,
    mechanism: 'discrete Gaussian',
    noiseScale: 40,
  };
}

/** The rho of which exactly so many as are permitted fit: costs are whole units, far more of them than reservations. */
function findRho(): string {
  const filter = openRenyiFilter(BUDGET);
  const units = filter.capUnits / BigInt(PERMITTED);
  const rho = `${units}/${BigInt(filter.order) * 2n ** 40n}`;
  const { lossUnits } = priceEvent({ event: { kind: 'zeroConcentrated', rho }, order: filter.order });
  if (filter.capUnits / lossUnits !== BigInt(PERMITTED)) throw new Error('the budget is not what was planned');
  return rho;
}
