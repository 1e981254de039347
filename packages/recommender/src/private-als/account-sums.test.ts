import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openKernelPool } from '../kernels/pool.ts';
import { boundAccountItems } from '../private/account-items.ts';
import { createRandom, fillNormal } from '../random.ts';
import { NOW, toInteractions } from '../testing/checkerboard.ts';
import { AccountSolver } from './account-solver.ts';
import { boundFactors, sumPopularity, UNITS, unitsPerItem } from './account-sums.ts';
import { findPrincipalAxes } from './axes.ts';

const ITEMS = 12;
const RANK = 8;
const MAX_ITEMS = 6;
const SETTINGS = { rank: RANK, regularization: 0.5, maxItemsPerAccount: MAX_ITEMS };

/** Accounts with repeated items, dislikes, more items than count, and none at all. */
const accountRows = fc.array(
  fc.record({ item: fc.integer({ min: 0, max: ITEMS - 1 }), kind: fc.integer({ min: 0, max: 5 }) }),
  { maxLength: 20 },
);
const accounts = fc.array(accountRows, { minLength: 1, maxLength: 8 });

function bound(rows: readonly (readonly { item: number; kind: number }[])[]) {
  const timed = rows.map((own) => own.map((row, index) => ({ ...row, time: NOW + index })));
  return boundAccountItems(toInteractions(timed, ITEMS), { maxItems: MAX_ITEMS });
}

function squaredDistance(left: Float64Array, right: Float64Array): number {
  return left.reduce((sum, value, at) => sum + (value - right[at]!) ** 2, 0);
}

describe('boundFactors', () => {
  it('gives whole numbers within the bound, whatever it is given', () => {
    const anything = fc.float32Array({ minLength: RANK, maxLength: RANK });
    fc.assert(
      fc.property(anything, (factors) => {
        const out = new Int32Array(RANK).fill(7);
        boundFactors(factors, out);
        expect(out.reduce((sum, value) => sum + value * value, 0)).toBeLessThanOrEqual(UNITS ** 2);
      }),
      { numRuns: 2_000 },
    );
  });

  it('scales what is short to the bound, and leaves out what has no direction', () => {
    const out = new Int32Array(2);
    boundFactors(Float32Array.of(3e-20, -4e-20), out);
    expect(Math.hypot(...out)).toBeGreaterThan(UNITS - 2);
    expect(out[0]! / out[1]!).toBeCloseTo(-0.75, 2);
    for (const none of [Float32Array.of(0, 0), Float32Array.of(Number.NaN, 1), Float32Array.of(Infinity, 1)]) {
      boundFactors(none, out);
      expect([...out]).toEqual([0, 0]);
    }
  });
});

it('gives the greatest whole units whose squares keep the bound', () => {
  for (let count = 1; count <= 2_000; count++) {
    const units = unitsPerItem(count);
    expect(count * units ** 2).toBeLessThanOrEqual(UNITS ** 2);
    expect(count * (units + 1) ** 2).toBeGreaterThan(UNITS ** 2);
  }
});

describe('one account more', () => {
  it('changes popularity by whole numbers of norm at most UNITS', () => {
    fc.assert(
      fc.property(accounts, (rows) => {
        const more = sumPopularity(bound(rows));
        const fewer = sumPopularity(bound(rows.slice(1)));
        expect(more.every(Number.isSafeInteger)).toBe(true);
        expect(squaredDistance(more, fewer)).toBeLessThanOrEqual(UNITS ** 2);
      }),
    );
  });

  it('changes the sums of solved factors by whole numbers of norm at most UNITS squared', async () => {
    const solve = async (rows: Parameters<typeof bound>[0], seed: number) => {
      const factors = new Float32Array(ITEMS * RANK);
      fillNormal(factors, 1, createRandom(seed));
      const axes = findPrincipalAxes(Float64Array.from(factors), RANK);
      const pool = await openKernelPool({ threads: 1 });
      try {
        return await new AccountSolver(pool, bound(rows), SETTINGS).sumFactors(axes);
      } finally {
        await pool.close();
      }
    };
    await fc.assert(
      fc.asyncProperty(accounts, fc.integer({ min: 1, max: 1_000 }), async (rows, seed) => {
        const more = await solve(rows, seed);
        const fewer = await solve(rows.slice(1), seed);
        expect(more.every(Number.isSafeInteger)).toBe(true);
        const squared = squaredDistance(more, fewer);
        expect(squared).toBeLessThanOrEqual(UNITS ** 4);
        // The bound is used, not only kept: an account with items comes within a few percent of it.
        const items = bound(rows).ptr[1]!;
        if (items > 0) expect(squared).toBeGreaterThan(0.95 * UNITS ** 4);
        else expect(squared).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('AccountSolver', () => {
  const drawAxes = (seed: number) => {
    const factors = new Float32Array(ITEMS * RANK);
    fillNormal(factors, 1, createRandom(seed));
    return findPrincipalAxes(Float64Array.from(factors), RANK);
  };
  const drawAccounts = (count: number) => {
    const random = createRandom(9);
    return Array.from({ length: count }, () =>
      Array.from({ length: Math.floor(9 * random()) }, () => ({ item: Math.floor(ITEMS * random()), kind: 0 })),
    );
  };

  it('sums the same over any number of blocks, wherever an account stands and whoever solves it', async () => {
    // Over two blocks, and an account in front moves every other to another place, thread and block.
    const others = drawAccounts(66_000);
    const [own] = drawAccounts(1);
    const solve = async (rows: Parameters<typeof bound>[0], threads: number) => {
      await using pool = await openKernelPool({ threads });
      return await new AccountSolver(pool, bound(rows), SETTINGS).sumFactors(drawAxes(4));
    };
    const alone = await solve([own!], 1);
    expect(alone.some((sum) => sum !== 0)).toBe(true);
    const expected = (await solve(others, 2)).map((sum, at) => sum + alone[at]!);
    expect(await solve([own!, ...others], 1)).toEqual(expected);
    expect(await solve([...others, own!], 2)).toEqual(expected);
  });

  it('takes the same memory for nobody as for many, so that no account makes a training fail', async () => {
    const measure = async (count: number) => {
      await using pool = await openKernelPool({ threads: 1 });
      await new AccountSolver(pool, bound(drawAccounts(count)), SETTINGS).sumFactors(drawAxes(4));
      return pool.memory.memory.buffer.byteLength;
    };
    expect(await measure(40_000)).toBe(await measure(0));
  });
});
