import { expect, it } from 'vitest';
import { DenseProducts } from '../kernels/dense.ts';
import { openKernelPool } from '../kernels/pool.ts';
import { SymmetricMatrix } from '../kernels/symmetric-matrix.ts';
import { createRandom, fillNormal } from '../random.ts';
import { createContext } from '../testing/checkerboard.ts';
import { createContentBasis } from './content-basis.ts';
import { describeItems, emptyContent } from './content-features.ts';
import { denoiseCoOccurrence } from './denoise.ts';
import { solveFactoredEase } from './ease-factors.ts';
import { orthonormalize } from './orthonormal.ts';
import { invertPositiveDefinite } from './small-matrix.ts';

const ITEMS = 200;

/** Two tastes of the given strengths beside popularity, under normal noise of deviation 1 off the diagonal. */
async function denoiseTastes(strengths: readonly [number, number], seed: number) {
  const pool = await openKernelPool({ threads: 1 });
  try {
    const products = new DenseProducts(pool, ITEMS, 256);
    const popularity = new Float64Array(ITEMS).fill(10);
    const head = Int32Array.from({ length: ITEMS }, (_, item) => item);
    const basis = createContentBasis(describeItems(emptyContent(ITEMS)), popularity, head, products);
    const signs = [(item: number) => (item % 2 === 0 ? 1 : -1), (item: number) => (item % 4 < 2 ? 1 : -1)];
    const noise = new Float32Array((ITEMS * (ITEMS - 1)) / 2);
    fillNormal(noise, 1, createRandom(seed));
    const matrix = new SymmetricMatrix(pool, ITEMS);
    let next = 0;
    for (let row = 0; row < ITEMS; row++) {
      for (let column = row + 1; column < ITEMS; column++) {
        const signal = signs.reduce((sum, sign, at) => sum + (strengths[at]! / ITEMS) * sign(row) * sign(column), 0);
        matrix.add(row, column, 5 + signal + noise[next++]!);
      }
    }
    return await denoiseCoOccurrence(products, matrix, basis, { deviation: 1, maxRank: 64 }, createContext(seed));
  } finally {
    await pool.close();
  }
}

/*
 * The edge of the noise is 2 sqrt(200) = 28. A taste of strength w shows at w + 200 / w with deviation about sqrt(2): 100
 * is found for certain, and the noise's own greatest eigenvalue passes the edge by 3 (of a spread of 200^(1/6) = 2.4 around
 * it, Tracy and Widom) with probability below 1e-3: the seed is fixed.
 */
it('finds the tastes over the edge of the noise, with their strengths, and no others', async () => {
  const { eigenvalues, vectors, personalDimensions } = await denoiseTastes([100, 80], 1);
  expect(personalDimensions).toBe(2);
  const rank = eigenvalues.length;
  for (const [place, strength] of [100, 80].entries()) {
    expect(Math.abs(eigenvalues[place + 1]! - strength)).toBeLessThan(0.1 * strength);
    let along = 0;
    for (let item = 0; item < ITEMS; item++) {
      const sign = place === 0 ? item % 2 === 0 : item % 4 < 2;
      along += ((sign ? 1 : -1) * vectors[item * rank + place + 1]!) / Math.sqrt(ITEMS);
    }
    expect(Math.abs(along)).toBeGreaterThan(0.9);
  }
});

it('finds none where they drown in it, and keeps popularity', async () => {
  const { eigenvalues, personalDimensions } = await denoiseTastes([10, 5], 2);
  expect(personalDimensions).toBe(0);
  // What passes the edge by chance is drawn to near nothing.
  expect(Math.max(0, ...eigenvalues.slice(1))).toBeLessThan(0.02 * eigenvalues[0]!);
  // 5 between any two of 200 items.
  expect(Math.abs(eigenvalues[0]! - 5 * ITEMS)).toBeLessThan(0.05 * 5 * ITEMS);
});

it('solves EASE as the dense inverse does', () => {
  const [items, rank] = [30, 4];
  const random = createRandom(3);
  const vectors = Float64Array.from({ length: items * rank }, () => random() - 0.5);
  const eigenvalues = Float64Array.from({ length: rank }, (_, k) => 10 - 2 * k);
  const diagonal = Float64Array.from({ length: items }, () => 1 + random());
  const scales = Float64Array.from({ length: items }, () => 0.5 + random());
  const weights = solveFactoredEase({ itemCount: items, eigenvalues, vectors, diagonal }, scales);
  const gram = new Float64Array(items * items);
  for (let i = 0; i < items; i++) {
    gram[i * items + i] = diagonal[i]!;
    for (let j = 0; j < items; j++) {
      for (let k = 0; k < rank; k++) {
        gram[i * items + j] = gram[i * items + j]! + vectors[i * rank + k]! * eigenvalues[k]! * vectors[j * rank + k]!;
      }
    }
  }
  const inverse = invertPositiveDefinite(gram, items);
  for (let i = 0; i < items; i++) {
    for (let j = 0; j < items; j++) {
      if (i === j) continue;
      let weight = 0;
      for (let k = 0; k < weights.rank; k++) {
        weight += weights.sources[i * weights.rank + k]! * weights.targets[j * weights.rank + k]!;
      }
      expect(weight).toBeCloseTo((-inverse[i * items + j]! / inverse[j * items + j]!) * scales[j]!, 5);
    }
  }
});

it('makes columns orthonormal, dependent ones zero, and tells how they were made', async () => {
  const pool = await openKernelPool({ threads: 1 });
  try {
    const products = new DenseProducts(pool, 150, 8);
    const matrix = products.allocate(3);
    const random = createRandom(4);
    for (let row = 0; row < 150; row++) {
      const [a, b] = [random(), random()];
      matrix.values.set([a, 2 * a, a + 0.01 * b], row * matrix.width);
    }
    const original = matrix.values.slice();
    const upper = await orthonormalize(products, matrix, products.allocate(3));
    const gram = await products.crossProduct(matrix, matrix);
    for (const [i, j, expected] of [
      [0, 0, 1],
      [1, 1, 0],
      [2, 2, 1],
      [0, 2, 0],
    ] as const) {
      expect(gram[i * matrix.width + j]).toBeCloseTo(expected, 5);
    }
    const again = products.allocate(3);
    await products.multiply(matrix, upper, again);
    for (const [at, value] of original.entries()) expect(Math.abs(again.values[at]! - value)).toBeLessThan(1e-4);
  } finally {
    await pool.close();
  }
});
