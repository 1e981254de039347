import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INTERACTION_KINDS } from '../interactions.ts';
import { createContext, NOW, type Row, toInteractions } from '../testing/checkerboard.ts';
import { TrainingCancelled } from '../trainer.ts';
import { SECONDS_PER_DAY } from '../user-items.ts';
import { boundAccountItems, invertAccountItems } from './account-items.ts';
import { sumRow } from './noisy-rows.ts';
import { packedIndex } from './packed-triangle.ts';
import { releaseStatistic, sumInterest } from './release-statistic.ts';
import { decodeStatistic, encodeStatistic, type ReleasedStatistic } from './released-statistic.ts';
import { ACCOUNT_UNITS, planStatistic, readVariances } from './statistic-plan.ts';

const ITEMS = 12;
const account = fc.array(
  fc.record({
    item: fc.nat({ max: ITEMS - 1 }),
    kind: fc.nat({ max: INTERACTION_KINDS.length - 1 }),
    time: fc.integer({ min: NOW - 60 * SECONDS_PER_DAY, max: NOW }),
  }),
  { maxLength: 30 },
);
const inOrder = (rows: readonly Row[]) => rows.toSorted((left, right) => left.time - right.time);

/** The exact upper triangle in units, by rows. */
function sumAll(accounts: readonly (readonly Row[])[], maxItems: number): Float64Array[] {
  const bounded = boundAccountItems(toInteractions(accounts.map(inOrder), ITEMS), { maxItems });
  const byItem = invertAccountItems(bounded);
  const input = {
    itemCount: ITEMS,
    accountPtr: bounded.ptr,
    accountItems: bounded.items,
    itemPtr: byItem.ptr,
    itemAccounts: byItem.accounts,
    variance: '2',
  };
  return Array.from({ length: ITEMS }, (_, row) => {
    const sums = new Float64Array(ITEMS - row);
    sumRow(input, row, sums);
    return sums;
  });
}

describe('one account more', () => {
  it('changes the co-occurrence by at most 2^16 units in the Frobenius norm of the whole matrix', () => {
    fc.assert(
      fc.property(
        fc.array(account, { maxLength: 4 }),
        account,
        fc.constantFrom(1, 3, 7, 100),
        (others, own, maxItems) => {
          const without = sumAll(others, maxItems);
          const withIt = sumAll([...others, own], maxItems);
          let squares = 0;
          for (const [row, sums] of withIt.entries()) {
            for (const [offset, sum] of sums.entries()) {
              expect(Number.isSafeInteger(sum)).toBe(true);
              // Above the diagonal an entry stands for two of the matrix.
              squares += (offset === 0 ? 1 : 2) * (sum - without[row]![offset]!) ** 2;
            }
          }
          expect(squares).toBeLessThanOrEqual(ACCOUNT_UNITS ** 2);
        },
      ),
    );
  });

  it('changes interest by at most 2^16 units in L2, of recent rows alone too', () => {
    fc.assert(
      fc.property(fc.array(account, { maxLength: 4 }), account, fc.constantFrom(1, 3, 100), (others, own, maxItems) => {
        for (const since of [0, NOW - 7 * SECONDS_PER_DAY]) {
          const sum = (accounts: readonly (readonly Row[])[]) =>
            sumInterest(boundAccountItems(toInteractions(accounts.map(inOrder), ITEMS), { maxItems, since }));
          const without = sum(others);
          const squares = sum([...others, own]).reduce((total, value, at) => total + (value - without[at]!) ** 2, 0);
          expect(squares).toBeLessThanOrEqual(ACCOUNT_UNITS ** 2);
        }
      }),
    );
  });
});

describe('bounding an account', () => {
  it('keeps its newest distinct items, not those that it disliked since', () => {
    const dislike = INTERACTION_KINDS.indexOf('DISLIKE');
    const rows = [
      { item: 5, time: 1 },
      { item: 1, time: 2 },
      { item: 2, time: 3 },
      { item: 1, time: 4, kind: dislike },
      { item: 7, time: 5 },
      { item: 2, time: 6 },
    ];
    const bounded = (maxItems: number) => [...boundAccountItems(toInteractions([rows], 8), { maxItems }).items];
    expect(bounded(10)).toEqual([2, 5, 7]);
    expect(bounded(2)).toEqual([2, 7]);
  });
});

describe('a plan', () => {
  const productIds = Int32Array.from({ length: ITEMS }, (_, item) => 10 + item);

  it('costs a share of what one Gaussian of its epsilon costs, part by part, and together no more', () => {
    const plan = planStatistic({ epsilon: '1', delta: '0.000001', productIds });
    expect(plan.noiseScale).toBeCloseTo(4.22, 2);
    const variances = Object.values(readVariances(JSON.parse(JSON.stringify(plan))));
    const precision = variances.reduce((sum, variance) => sum + ACCOUNT_UNITS ** 2 / Number(variance), 0);
    expect(precision).toBeLessThanOrEqual(1 / plan.noiseScale ** 2);
    expect(precision).toBeGreaterThan(0.999999 / plan.noiseScale ** 2);
  });

  it('draws the noise that was charged, whatever it would be today, or refuses', () => {
    const options = { epsilon: '1', delta: '0.000001', productIds };
    const { event } = planStatistic({ ...options, epsilon: '0.5' });
    expect(planStatistic({ ...options, charged: event }).event).toEqual(event);
    const charged = { kind: 'composed', parts: event.kind === 'composed' ? event.parts.slice(1) : [] } as const;
    expect(() => planStatistic({ ...options, charged })).toThrow(
      expect.objectContaining({ name: 'PrivacyParameterError', parameter: 'event' }),
    );
  });

  it.each([
    [{ epsilon: '0' }, 'epsilon'],
    [{ epsilon: '-1' }, 'epsilon'],
    [{ epsilon: 'NaN' }, 'epsilon'],
    [{ epsilon: '1e9' }, 'epsilon'],
    [{ epsilon: 1 as unknown as string }, 'epsilon'],
    [{ epsilon: '1'.repeat(400) }, 'epsilon'],
    [{ delta: '0' }, 'delta'],
    [{ delta: '1' }, 'delta'],
    [{ maxItemsPerAccount: 0 }, 'maxItemsPerAccount'],
    [{ maxHeadItems: 1.5 }, 'maxHeadItems'],
  ])('refuses %j by the name of the parameter', (wrong, parameter) => {
    expect(() => planStatistic({ epsilon: '1', delta: '0.000001', productIds, ...wrong })).toThrow(
      expect.objectContaining({ name: 'PrivacyParameterError', parameter }),
    );
  });

  it('takes the head from an earlier release, less what the catalogue has no more', async () => {
    const { statistic } = await release([[{ item: 0, time: NOW }]], '1000');
    const previous: ReleasedStatistic = {
      ...statistic,
      interest: Float32Array.from({ length: ITEMS }, (_, item) => item),
      deviations: { ...statistic.deviations, interest: 0.5 },
    };
    const plan = planStatistic({
      epsilon: '1',
      delta: '0.000001',
      productIds: productIds.slice(3),
      previous,
      maxHeadItems: 2,
    });
    expect(plan.headProductIds).toEqual([20, 21]);
  });

  it('is refused at the release when its event is another', async () => {
    const plan = planStatistic({ epsilon: '1', delta: '0.000001', productIds });
    const input = { interactions: toInteractions([], ITEMS), productIds, now: NOW };
    const forged = { ...plan, event: { kind: 'pure', epsilon: '1' } as const };
    await expect(releaseStatistic(input, forged, createContext())).rejects.toThrow(
      expect.objectContaining({ parameter: 'event' }),
    );
  });
});

async function release(accounts: readonly (readonly Row[])[], epsilon: string, threads = 1, itemCount = ITEMS) {
  const productIds = Int32Array.from({ length: itemCount }, (_, item) => 10 + item);
  const plan = planStatistic({ epsilon, delta: '0.000001', productIds });
  const input = { interactions: toInteractions(accounts, itemCount), productIds, now: NOW };
  return { plan, statistic: await releaseStatistic(input, plan, { ...createContext(), threads }) };
}

describe('a release', () => {
  it('is the bounded sums where the noise is small, whatever the threads, and the same after a file', async () => {
    const accounts = Array.from({ length: 40 }, (_, index) => [
      { item: 0, time: NOW - 40 * SECONDS_PER_DAY },
      ...(index % 2 === 0 ? [{ item: 1, time: NOW }] : []),
    ]);
    for (const threads of [1, 2]) {
      // At epsilon 1000 the deviation is .03 accounts; 10 of them are passed with probability below 1e-20.
      const { statistic } = await release(accounts, '1000', threads);
      const opened = decodeStatistic(encodeStatistic(statistic));
      expect(opened).toEqual({ ...statistic, coOccurrence: Float32Array.from(statistic.coOccurrence) });
      const at = (a: number, b: number) => opened.coOccurrence[packedIndex(opened.head.length, a, b)]!;
      for (const [value, expected] of [
        [at(0, 0), 20 + 20 / 2],
        [at(0, 1), 20 / 2],
        [at(1, 1), 20 / 2],
        [opened.interest[0]!, 20 + 20 / Math.SQRT2],
        [opened.recentInterest[1]!, 20],
        [opened.recentInterest[0]!, 0],
      ] as const) {
        expect(Math.abs(value - expected)).toBeLessThan(2);
      }
    }
  });

  /*
   * Nobody is in it, so all values are noise. Their squares over the stated variances sum to a chi-square of n degrees, about
   * normal for great n, so that six deviations sqrt(2 n) are passed with probability below 1e-8 each way; twice, with one part
   * for each kind: below 1e-7 for the test.
   */
  it('has the noise that was paid for on the diagonal, off it and on interest, on the lattice of whole units', async () => {
    const items = 300;
    const { plan, statistic } = await release([], '1', 2, items);
    expect(statistic.head.length).toBeGreaterThanOrEqual(100);
    const variances = readVariances(plan);
    const order = statistic.head.length;
    const diagonal = Array.from({ length: order }, (_, at) => statistic.coOccurrence[packedIndex(order, at, at)]!);
    const isOff = new Uint8Array(statistic.coOccurrence.length).fill(1);
    for (let at = 0; at < order; at++) isOff[packedIndex(order, at, at)] = 0;
    const off = statistic.coOccurrence.filter((_, at) => isOff[at] === 1);
    const expectFit = (values: ArrayLike<number>, variance: number) => {
      let sum = 0;
      for (let at = 0; at < values.length; at++) {
        expect(Number.isInteger(values[at]! * ACCOUNT_UNITS)).toBe(true);
        sum += (values[at]! * ACCOUNT_UNITS) ** 2 / variance;
      }
      expect(Math.abs(sum - values.length)).toBeLessThan(6 * Math.sqrt(2 * values.length));
    };
    expectFit(diagonal, Number(variances.coOccurrence));
    expectFit(off, Number(variances.coOccurrence) / 2);
    expectFit(statistic.interest, Number(variances.interest));
    expectFit(statistic.recentInterest, Number(variances.recentInterest));
  });

  it('stops when it is cancelled', async () => {
    const productIds = Int32Array.from({ length: ITEMS }, (_, item) => item);
    const input = { interactions: toInteractions([], ITEMS), productIds, now: NOW };
    for (const threads of [1, 2]) {
      const context = { ...createContext(), threads };
      context.cancel();
      const plan = planStatistic({ epsilon: '1', delta: '0.000001', productIds });
      await expect(releaseStatistic(input, plan, context)).rejects.toThrow(TrainingCancelled);
    }
  });
});

describe('a stored statistic', () => {
  it('is refused when it contradicts itself', async () => {
    const { statistic } = await release([], '1');
    const broken = encodeStatistic({ ...statistic, head: Int32Array.from(statistic.head).reverse() });
    expect(() => decodeStatistic(broken)).toThrow(expect.objectContaining({ reason: 'MALFORMED' }));
    const silent = encodeStatistic({ ...statistic, deviations: { ...statistic.deviations, diagonal: 0 } });
    expect(() => decodeStatistic(silent)).toThrow(expect.objectContaining({ reason: 'MALFORMED' }));
  });
});
