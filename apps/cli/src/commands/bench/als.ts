import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  AlsSolver,
  createRandom,
  fillNormal,
  openKernelPool,
  placeAlsSide,
  transpose,
} from '@sotto/recommender/training';
import { root } from '../../repository.ts';
import { createMovieRatings } from './movie-ratings.ts';
import { type BenchResult, describeMachine } from './result.ts';

const NATIVE_SCRIPT = resolve(root, '../shared/limits/als-native.sh');
const THREADS = 2;
const RANK = 64;
/** Confidence 1 + 40 of what was observed, penalty 0.1; only the proportions count. */
const ALPHA = 40;
const WEIGHTS = { rank: RANK, unobservedWeight: 1, regularization: 0.1, regularizationExponent: 0 };
const ITERATIONS = 12;
const ROUNDS = 2;

/**
 * Seconds of one iteration of implicit ALS, both sides, exact solves, on 6,040 users x 3,706 items x 1,000,000
 * observations at rank 64 on two threads, beside the native program. The two take turns, and of each the best iteration
 * counts: what else runs on the machine can only slow them.
 */
export async function benchAls(): Promise<BenchResult> {
  const own: number[] = [];
  const native: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    own.push(...(await measureIterations()));
    native.push(...(await measureNative()));
  }
  const secondsPerIteration = Math.min(...own);
  const yardstick = native.length === 0 ? null : { name: 'native C, 2 threads', value: Math.min(...native) };
  return {
    name: 'als',
    figures: { secondsPerIteration },
    yardstick,
    ratio: yardstick === null ? null : secondsPerIteration / yardstick.value,
    machine: describeMachine(),
  };
}

/** Seconds of each iteration, after a first one that warms up. */
async function measureIterations(): Promise<number[]> {
  const observations = createMovieRatings();
  observations.values.fill(ALPHA);
  await using pool = await openKernelPool({ threads: THREADS });
  const users = placeAlsSide(pool, observations, WEIGHTS);
  const items = placeAlsSide(pool, transpose(observations), WEIGHTS);
  const solver = new AlsSolver(pool, WEIGHTS);
  fillNormal(items.factors, 0.1, createRandom(1));
  const seconds: number[] = [];
  for (let iteration = 0; iteration <= ITERATIONS; iteration++) {
    const start = performance.now();
    await solver.solve(users, items);
    await solver.solve(items, users);
    if (iteration > 0) seconds.push((performance.now() - start) / 1_000);
  }
  return seconds;
}

/** @returns none where the script or a compiler is missing */
async function measureNative(): Promise<number[]> {
  if (!existsSync(NATIVE_SCRIPT)) return [];
  try {
    const { stdout } = await promisify(execFile)(NATIVE_SCRIPT, [String(THREADS)]);
    return [...stdout.matchAll(/ it \d+ ([\d.]+) s/g)].map(([, seconds]) => Number(seconds));
  } catch (error) {
    process.stderr.write(`No native yardstick: ${error instanceof Error ? error.message : String(error)}\n`);
    return [];
  }
}
