import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { TrainingImpossible } from '../trainer.ts';
import { openKernelPool } from './pool.ts';
import { invertPositiveDefinite } from './reference.ts';
import { SymmetricMatrix } from './symmetric-matrix.ts';

/** X'X + ridge of a sparse random X, as EASE inverts it. */
function fillGram(matrix: SymmetricMatrix, seed: number, ridge: number): Float64Array {
  const { order } = matrix;
  const random = createRandom(seed);
  const dense = new Float64Array(order * order);
  for (let user = 0; user < 2 * order; user++) {
    const items = Array.from({ length: 6 }, () => Math.floor(random() ** 2 * order));
    for (const a of new Set(items)) {
      for (const b of new Set(items)) {
        dense[a * order + b]! += 1;
        if (a <= b) matrix.add(a, b, 1);
      }
    }
  }
  for (let k = 0; k < order; k++) {
    dense[k * order + k]! += ridge;
    matrix.add(k, k, ridge);
  }
  return dense;
}

test('inverts as the reference does, with any number of tiles and threads', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 7, 127, 128, 129, 300),
      fc.integer({ min: 1, max: 2 }),
      fc.integer(),
      async (order, threads, seed) => {
        const pool = await openKernelPool({ threads });
        try {
          const matrix = new SymmetricMatrix(pool, order);
          const expected = invertPositiveDefinite(fillGram(matrix, seed, 5), order);
          const fractions: number[] = [];
          await matrix.invert((fraction) => fractions.push(fraction));
          expect(fractions.at(-1)).toBe(1);
          const row = new Float32Array(order);
          let error = 0;
          for (let i = 0; i < order; i++) {
            matrix.readRow(i, row);
            for (let j = 0; j < order; j++) {
              error = Math.max(error, Math.abs(row[j]! - expected[i * order + j]!));
              if (row[j] !== matrix.get(i, j)) throw new Error(`readRow and get differ at ${i}, ${j}.`);
            }
          }
          expect(error).toBeLessThan(2e-6);
        } finally {
          await pool.close();
        }
      },
    ),
    { numRuns: 12, seed: 6 },
  );
});

test('refuses what is not positive definite', async () => {
  const pool = await openKernelPool({ threads: 1 });
  const matrix = new SymmetricMatrix(pool, 3);
  matrix.add(0, 1, 2);
  for (let k = 0; k < 3; k++) matrix.add(k, k, 1);
  await expect(matrix.invert()).rejects.toThrow(TrainingImpossible);
});
