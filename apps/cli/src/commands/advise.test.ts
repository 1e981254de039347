import { describe, expect, it } from 'vitest';
import { MEASURED_UTILITY } from './advise/measured-utility.generated.ts';
import { adviseShop, type UtilityRow } from './advise/utility-table.ts';
import { renderAdvice, run } from './advise.ts';

const rows: UtilityRow[] = [1_000, 100_000].flatMap((customers, at) => [
  { customers, model: 'ease', epsilon: null, ndcg: 0.1 },
  { customers, model: 'ials', epsilon: null, ndcg: 0.2 },
  { customers, model: 'content', epsilon: null, ndcg: 0.1 },
  { customers, model: 'private-popularity', epsilon: 1, ndcg: 0.06 },
  { customers, model: 'private-ials', epsilon: 1, ndcg: at === 0 ? 0.08 : 0.16 },
  { customers, model: 'private-ease', epsilon: 1, ndcg: 0.07 },
]);

describe('advice', () => {
  it('lies between the shops measured, by the logarithm of the customers, against the best without privacy', () => {
    const { levels, content, isWithin } = adviseShop(rows, 10_000, 1_000);
    expect(isWithin).toBe(true);
    expect(content).toBeCloseTo(0.5);
    expect(levels).toHaveLength(1);
    expect(levels[0]!.personal).toBeCloseTo(0.6);
    expect(levels[0]!.popularity).toBeCloseTo(0.3);
  });

  it('takes four times the customers for sixteen times the products', () => {
    expect(adviseShop(rows, 40_000, 16_000)).toEqual(adviseShop(rows, 10_000, 1_000));
  });

  it('gives the nearest shop measured beyond them, and says so', () => {
    expect(adviseShop(rows, 10, 1_000)).toMatchObject({ isWithin: false, levels: [{ personal: expect.closeTo(0.4) }] });
    expect(renderAdvice(adviseShop(rows, 10, 1_000))).toMatch(/no better than .*\n[\s\S]*No shop of this size/);
    expect(adviseShop(rows, 1e9, 1_000)).toMatchObject({
      isWithin: false,
      levels: [{ personal: expect.closeTo(0.8) }],
    });
  });

  it('has a whole table to read from', () => {
    for (const customers of [2_000, 20_000, 60_000]) {
      const { levels } = adviseShop(MEASURED_UTILITY, customers, 1_000);
      for (const { personal } of levels) expect(personal).toBeGreaterThan(0);
    }
  });

  it.each([[[]], [['--customers', '0']], [['--customers', 'many']], [['--customers', '5', '--products', '1.5']]])(
    'refuses %j',
    async (args) => {
      await expect(run(args)).rejects.toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    },
  );
});
