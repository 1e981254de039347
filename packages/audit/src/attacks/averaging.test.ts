import { useDatabase } from '@sotto/database/testing';
import { DiscreteLaplace } from '@sotto/privacy';
import { expect, it } from 'vitest';
import { runAudit } from '../audit.ts';
import type { OpenScratch } from '../scratch.ts';
import { type Ask, askForAnswer } from './ask.ts';
import { averagingAttack } from './averaging.ts';

const database = useDatabase();
const open: OpenScratch = async () => ({ database: database.current, close: async () => undefined });

it('finds that a question asked sixteen times costs once and tells once', async () => {
  const [finding] = await runAudit({ attacks: [averagingAttack(open)], size: 'quick' });
  expect(finding).toMatchObject({ attack: 'averaging', claimedEpsilon: 1, passed: true });
});

// The tables are real, what is done with them is not: only the faults below differ from the honest path.
const noise = new DiscreteLaplace({ scale: 1 });
const faults: Record<string, (answer: Awaited<ReturnType<Ask>>) => Awaited<ReturnType<Ask>>> = {
  'a replay that draws anew': (answer) => ({
    ...answer,
    rows: answer.rows.map((row) => ({ ...row, value: row.value! + (answer.chargedEpsilon > 0 ? 0 : drawOther()) })),
  }),
  'a replay that rounds otherwise': (answer) => ({
    ...answer,
    rows: answer.rows.map((row) => ({ ...row, value: row.value! + (answer.chargedEpsilon > 0 ? 0 : 1e-9) })),
  }),
};
for (const [name, fault] of Object.entries(faults)) {
  it(`catches ${name}`, async () => {
    // The ledger's clock does not go back: an hour later in each test.
    const ask: Ask = async (at, input, { askedBy, now }) =>
      fault(await askForAnswer(at, input, { askedBy, now: new Date(now.getTime() + 2 * 3_600_000) }));
    const [finding] = await runAudit({ attacks: [averagingAttack(open, ask)], size: 'quick' });
    expect(finding).toMatchObject({ attack: 'averaging', passed: false });
    expect(finding!.target).toContain('nobody paid for');
  });
}

it('catches answers of which the average says more than they cost together', async () => {
  // Each is paid for, at a thousandth. The noise of sixteen averaged has a deviation of 0.1, a fifth of the way to half-way.
  const little = new DiscreteLaplace({ scale: '1/3' });
  const truth = new Map<string, number>();
  const ask: Ask = async (at, input) => {
    const { skus } = (input.spec as { filter: { skus: string[] } }).filter;
    const sku = skus[0]!;
    if (!truth.has(sku)) {
      const { rows } = await at.pool.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM interaction JOIN product ON product.id = product_id WHERE sku = $1',
        [sku],
      );
      truth.set(sku, rows[0]!.count);
    }
    const value = truth.get(sku)! + Number(little.draw());
    return {
      rows: [{ key: 'total', value, lower: null, upper: null, isSuppressed: false }],
      epsilon: 0.001,
      chargedEpsilon: 0.001,
      event: { kind: 'discreteLaplace', scale: '1000', sensitivity: 1 },
    };
  };
  const [finding] = await runAudit({ attacks: [averagingAttack(open, ask)], size: 'full' });
  expect(finding).toMatchObject({ attack: 'averaging', passed: false });
  expect(finding!.empiricalEpsilonLower).toBeGreaterThan(finding!.claimedEpsilon!);
});

function drawOther(): number {
  return 1 + Math.abs(Number(noise.draw()));
}
