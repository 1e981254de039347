import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { type SparseMatrix, transpose } from '../sparse-matrix.ts';
import { AlsSolver, type AlsWeights, placeAlsSide } from './als.ts';
import { type KernelPool, openKernelPool } from './pool.ts';
import { computeGram, scoreRows, solveRow } from './reference.ts';

function randomFactors(rows: number, rank: number, random: () => number): Float32Array {
  return Float32Array.from({ length: rows * rank }, () => random() - 0.4);
}

/** Rows of every length from none to all columns, so that both systems and empty rows occur. */
function randomObservations(rowCount: number, columnCount: number, random: () => number): SparseMatrix {
  const rowPtr = new Int32Array(rowCount + 1);
  const columnIdx: number[] = [];
  const values: number[] = [];
  for (let row = 0; row < rowCount; row++) {
    const share = row % 5 === 0 ? 0 : random();
    for (let column = 0; column < columnCount; column++) {
      if (random() >= share) continue;
      columnIdx.push(column);
      values.push(0.1 + random());
    }
    rowPtr[row + 1] = columnIdx.length;
  }
  return {
    rowCount,
    columnCount,
    rowPtr,
    columnIdx: Int32Array.from(columnIdx),
    values: Float32Array.from(values),
  };
}

const problems = fc.record({
  seed: fc.integer(),
  rank: fc.integer({ min: 1, max: 6 }).map((blocks) => blocks * 8),
  rows: fc.integer({ min: 1, max: 24 }),
  columns: fc.integer({ min: 1, max: 90 }),
  unobservedWeight: fc.constantFrom(0.01, 0.3, 1),
  regularization: fc.constantFrom(0.1, 2),
  regularizationExponent: fc.constantFrom(0, 0.5, 1),
});

function place(pool: KernelPool, observations: SparseMatrix, weights: AlsWeights, random: () => number) {
  const users = placeAlsSide(pool, observations, weights);
  const items = placeAlsSide(pool, transpose(observations), weights);
  items.factors.set(randomFactors(items.rowCount, weights.rank, random));
  return { users, items };
}

test('solves each row as the reference does, rows shorter and longer than the rank', async () => {
  await fc.assert(
    fc.asyncProperty(problems, async ({ seed, rows, columns, ...weights }) => {
      const random = createRandom(seed);
      const observations = randomObservations(rows, columns, random);
      const pool = await openKernelPool({ threads: 1 });
      const { users, items } = place(pool, observations, weights, random);
      const solver = new AlsSolver(pool, weights);
      await solver.solve(users, items);
      for (let row = 0; row < rows; row++) {
        const [from, to] = [observations.rowPtr[row]!, observations.rowPtr[row + 1]!];
        const expected = solveRow({
          source: items.factors,
          rank: weights.rank,
          columns: observations.columnIdx.subarray(from, to),
          weights: observations.values.subarray(from, to),
          unobservedWeight: weights.unobservedWeight,
          regularization: users.regularization[row]!,
        });
        for (const [k, value] of expected.entries()) {
          expect(Math.abs(users.factors[row * weights.rank + k]! - value)).toBeLessThan(2e-3);
        }
      }
    }),
    { numRuns: 60, seed: 2 },
  );
});

test('rotation makes the Gram matrix diagonal and keeps inner products', async () => {
  const random = createRandom(3);
  const rank = 16;
  const pool = await openKernelPool({ threads: 1 });
  const factors = pool.memory.copyFloat32(randomFactors(50, rank, random));
  const before = factors.slice();
  const solver = new AlsSolver(pool, { rank, unobservedWeight: 1, regularization: 1, regularizationExponent: 0 });
  const gram = await solver.rotateToPrincipalAxes({ factors, rowCount: 50 });
  const expected = computeGram(factors, rank);
  for (let a = 0; a < rank; a++) {
    for (let b = 0; b < rank; b++) expect(expected[a * rank + b]).toBeCloseTo(a === b ? gram[a]! : 0, 3);
  }
  const row = (of: Float32Array, at: number) => of.subarray(at * rank, (at + 1) * rank);
  for (let at = 0; at < 50; at++) {
    expect(scoreRows(row(factors, 0), row(factors, at))[0]).toBeCloseTo(
      scoreRows(row(before, 0), row(before, at))[0]!,
      4,
    );
  }
});

test('each iteration lowers the loss, and its measure is the loss by definition', async () => {
  const random = createRandom(4);
  const weights = { rank: 8, unobservedWeight: 0.2, regularization: 0.5, regularizationExponent: 0 };
  const observations = randomObservations(40, 30, random);
  const pool = await openKernelPool({ threads: 1 });
  const { users, items } = place(pool, observations, weights, random);
  const solver = new AlsSolver(pool, weights);
  const losses = pool.memory.allocateFloat64(users.rowCount);
  let last = Number.POSITIVE_INFINITY;
  for (let iteration = 0; iteration < 5; iteration++) {
    await solver.solve(users, items);
    const itemPenalty = items.factors.reduce((sum, factor) => sum + weights.regularization * factor ** 2, 0);
    const loss = (await solver.measureRowLoss(users, items, losses)) + itemPenalty;
    expect(loss).toBeCloseTo(lossByDefinition(observations, users.factors, items.factors, weights), 2);
    expect(loss).toBeLessThan(last);
    last = loss;
    await solver.solve(items, users);
  }
});

function lossByDefinition(observed: SparseMatrix, users: Float32Array, items: Float32Array, weights: AlsWeights) {
  const { rank, unobservedWeight, regularization } = weights;
  let loss = 0;
  for (const factor of [...users, ...items]) loss += regularization * factor ** 2;
  for (let user = 0; user < observed.rowCount; user++) {
    const scores = scoreRows(users.subarray(user * rank, (user + 1) * rank), items);
    for (const score of scores) loss += unobservedWeight * score ** 2;
    for (let slot = observed.rowPtr[user]!; slot < observed.rowPtr[user + 1]!; slot++) {
      loss += observed.values[slot]! * (1 - scores[observed.columnIdx[slot]!]!) ** 2;
    }
  }
  return loss;
}

test('scores rows as the reference does', async () => {
  const pool = await openKernelPool({ threads: 1 });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer(),
      async (rows, blocks, seed) => {
        const random = createRandom(seed);
        const rank = blocks * 8;
        const factors = pool.memory.copyFloat32(randomFactors(rows, rank, random));
        const query = pool.memory.copyFloat32(randomFactors(1, rank, random));
        const out = pool.memory.allocateFloat32(rows);
        await pool.run('scoreRows', rows, rows, query.byteOffset, factors.byteOffset, rank, out.byteOffset);
        for (const [row, score] of scoreRows(query, factors).entries()) expect(out[row]).toBeCloseTo(score, 4);
      },
    ),
    { numRuns: 60, seed: 5 },
  );
});

test.each([
  ['is lost in rounding', { unobservedWeight: 1e-6, regularization: 1e-9, regularizationExponent: 0 }],
  ['drives all factors to zero', { unobservedWeight: 1, regularization: 1e4, regularizationExponent: 1 }],
])('stays finite where the penalty %s', async (_name, penalties) => {
  const random = createRandom(6);
  const weights = { rank: 32, ...penalties };
  const observations = randomObservations(60, 50, random);
  const pool = await openKernelPool({ threads: 1 });
  const { users, items } = place(pool, observations, weights, random);
  const solver = new AlsSolver(pool, weights);
  for (let iteration = 0; iteration < 20; iteration++) {
    await solver.solve(users, items);
    await solver.solve(items, users);
  }
  expect(users.factors.every(Number.isFinite)).toBe(true);
  expect(items.factors.every(Number.isFinite)).toBe(true);
});
