import { ItemIndex } from '@sotto/recommender/serving';
import { createRandom, fillNormal } from '@sotto/recommender/training';
import { type BenchResult, describeMachine } from './result.ts';

const RANK = 64;
const COUNT = 20;
const QUERIES = 20;
const REPEATS = 40;

/**
 * Milliseconds of one exact top-20 on one thread, among 100,000 and 1,000,000 items of 64 normal factors: of each of 20
 * queries the best of 40 runs, averaged. What else runs on the machine can only slow them. Recall is against scoring everything in double precision.
 */
export async function benchTopK(): Promise<BenchResult> {
  const small = measure(100_000);
  const large = measure(1_000_000);
  return {
    name: 'topk',
    figures: { ms100k: small.ms, recall100k: small.recall, ms1m: large.ms, recall1m: large.recall },
    yardstick: null,
    ratio: null,
    machine: describeMachine(),
  };
}

function measure(itemCount: number): { ms: number; recall: number } {
  const random = createRandom(itemCount);
  const factors = new Float32Array(itemCount * RANK);
  fillNormal(factors, 1, random);
  const queries = Array.from({ length: QUERIES }, () => {
    const query = new Float32Array(RANK);
    fillNormal(query, 1, random);
    return query;
  });
  const index = new ItemIndex(factors, RANK);
  const bestMs = new Float64Array(QUERIES).fill(Number.POSITIVE_INFINITY);
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const [at, query] of queries.entries()) {
      const start = performance.now();
      index.search(query, COUNT);
      bestMs[at] = Math.min(bestMs[at]!, performance.now() - start);
    }
  }
  let hits = 0;
  for (const query of queries) {
    const expected = new Set(searchByForce(factors, query));
    for (const item of index.search(query, COUNT).items) if (expected.has(item)) hits++;
  }
  return { ms: bestMs.reduce((left, right) => left + right, 0) / QUERIES, recall: hits / (QUERIES * COUNT) };
}

function searchByForce(factors: Float32Array, query: Float32Array): number[] {
  const best: { item: number; score: number }[] = [];
  for (let item = 0; item < factors.length / RANK; item++) {
    let score = 0;
    for (let k = 0; k < RANK; k++) score += factors[item * RANK + k]! * query[k]!;
    if (best.length === COUNT && score <= best.at(-1)!.score) continue;
    best.push({ item, score });
    best.sort((left, right) => right.score - left.score);
    best.length = Math.min(best.length, COUNT);
  }
  return best.map(({ item }) => item);
}
