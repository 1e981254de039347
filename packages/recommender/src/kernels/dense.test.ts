import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom, fillNormal } from '../random.ts';
import { DenseProducts, type TallMatrix } from './dense.ts';
import { openKernelPool } from './pool.ts';
import { SymmetricMatrix } from './symmetric-matrix.ts';

function fill(matrix: TallMatrix, columns: number, random: () => number): void {
  const row = new Float32Array(columns);
  for (let at = 0; at < matrix.rowCount; at++) {
    fillNormal(row, 1, random);
    matrix.values.set(row, at * matrix.width);
  }
}

/** By the definition, in double precision. */
function productOf(
  rows: number,
  columns: number,
  terms: number,
  left: (row: number, term: number) => number,
  right: (term: number, column: number) => number,
): Float64Array {
  const product = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let term = 0; term < terms; term++) sum += left(row, term) * right(term, column);
      product[row * columns + column] = sum;
    }
  }
  return product;
}

function expectClose(actual: ArrayLike<number>, expected: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  for (const [at, value] of expected.entries()) {
    // Single precision: sums of at most 300 products of normal numbers, some 17 in size.
    if (Math.abs(actual[at]! - value) > 1e-3) expect(actual[at]).toBeCloseTo(value, 3);
  }
}

test('multiplies as the definition says, with any number of panels, columns and threads', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 127, 128, 300),
      fc.constantFrom(1, 8, 13, 40),
      fc.constantFrom(1, 8, 21),
      fc.integer({ min: 1, max: 2 }),
      fc.integer(),
      async (rowCount, leftColumns, rightColumns, threads, seed) => {
        const pool = await openKernelPool({ threads });
        try {
          const random = createRandom(seed);
          const products = new DenseProducts(pool, rowCount, 40);
          const left = products.allocate(leftColumns);
          const right = products.allocate(rightColumns);
          fill(left, leftColumns, random);
          fill(right, rightColumns, random);
          const at = (matrix: TallMatrix) => (row: number, column: number) =>
            matrix.values[row * matrix.width + column]!;
          const cross = productOf(left.width, right.width, rowCount, (row, term) => at(left)(term, row), at(right));
          expectClose(await products.crossProduct(left, right), cross);

          const small = Float64Array.from({ length: left.width * right.width }, () => random() - 0.5);
          const expected = productOf(
            rowCount,
            right.width,
            left.width,
            at(left),
            (k, c) => small[k * right.width + c]!,
          );
          const target = products.allocate(rightColumns);
          await products.multiply(left, small, target);
          expectClose(target.values.subarray(0, rowCount * right.width), expected);
          await products.multiply(left, small, target, { factor: -2, isAdded: true });
          expectClose(
            target.values.subarray(0, rowCount * right.width),
            expected.map((value) => -value),
          );
        } finally {
          await pool.close();
        }
      },
    ),
    { numRuns: 12 },
  );
});

test('multiplies a symmetric matrix as the definition says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 127, 128, 129, 300),
      fc.constantFrom(3, 8, 24),
      fc.integer({ min: 1, max: 2 }),
      fc.integer(),
      async (order, columns, threads, seed) => {
        const pool = await openKernelPool({ threads });
        try {
          const random = createRandom(seed);
          const products = new DenseProducts(pool, order, columns);
          const matrix = new SymmetricMatrix(pool, order);
          for (let row = 0; row < order; row++) {
            for (let column = row; column < order; column++) matrix.add(row, column, random() - 0.5);
          }
          const source = products.allocate(columns);
          const target = products.allocate(columns);
          fill(source, columns, random);
          await products.multiplySymmetric(matrix, source, target);
          const expected = productOf(
            order,
            source.width,
            order,
            (row, term) => matrix.get(row, term),
            (term, column) => source.values[term * source.width + column]!,
          );
          expectClose(target.values.subarray(0, order * source.width), expected);
        } finally {
          await pool.close();
        }
      },
    ),
    { numRuns: 8 },
  );
});
