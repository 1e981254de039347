import { inTransaction, writeSetting } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { canAdmit, type DpEvent, priceEvent } from '@sotto/privacy';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readAccounts } from './accounts.ts';
import { addCost } from './admission.ts';
import { budgetPolicy, listBudgets, type ReleaseRequest, reserve, verifyLedger } from './index.ts';
import { emptyLedger } from './testing/bypass.ts';
import { createRequest } from './testing/requests.ts';

const database = useDatabase();
const NOW = new Date('2026-02-20T12:00:00Z');

const hundredths = fc.integer({ min: 1, max: 400 }).map((value) => (value / 100).toFixed(2));
const events: fc.Arbitrary<DpEvent> = fc.oneof(
  hundredths.map((epsilon) => ({ kind: 'pure', epsilon }) as const),
  hundredths.map((rho) => ({ kind: 'zeroConcentrated', rho }) as const),
  hundredths.map((noiseMultiplier) => ({ kind: 'gaussian', noiseMultiplier: `1${noiseMultiplier}` }) as const),
  fc
    .tuple(hundredths, fc.integer({ min: 1, max: 10 }))
    .map(([epsilon, units]) => ({ kind: 'approximate', epsilon, delta: `${units}/1000000000` }) as const),
  fc.integer({ min: 1, max: 10 }).map((units) => ({ kind: 'ownDelta', delta: `${units}/1000000000` }) as const),
);
const asks = fc.record({ event: events, requireAllCohorts: fc.boolean() });

/**
 * Sequences of any events on small budgets (delta for a handful of thresholded releases only): a model of the filter in
 * a few lines admits the same, and what is admitted never exceeds the cap.
 */
it('admits whatever fits, and never more than the cap', async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 6, max: 12 }),
    fc.array(asks, { minLength: 1, maxLength: 14 }),
    async (epsilon, sequence) => {
      await emptyLedger(database.current);
      await writeSetting(database.current, budgetPolicy, { epsilon: String(epsilon), delta: '0.00000005' });
      let spent = { lossUnits: 0n, deltaUnits: 0n };
      for (const [number, ask] of sequence.entries()) {
        const request: ReleaseRequest = createRequest({ question: { number }, ...ask });
        const { kind } = await inTransaction(database.current, (tx) => reserve(tx, request, NOW));
        const [account] = await readAccounts(database.current.pool);
        const { filter } = account!;
        const cost = priceEvent({ event: ask.event, order: filter.order });
        const isExpected = canAdmit({ filter, spent, cost });
        expect(kind).toBe(isExpected ? 'reserved' : 'budget-exhausted');
        if (isExpected) spent = addCost(spent, cost);
        expect(account!.spent).toEqual(spent);
        expect(spent.lossUnits <= filter.capUnits && spent.deltaUnits <= filter.deltaCapUnits).toBe(true);
      }
      for (const { epsilonLimit, epsilonSpent, epsilonRemaining } of await listBudgets(database.current)) {
        expect(Number(epsilonSpent)).toBeLessThanOrEqual(Number(epsilonLimit));
        expect(epsilonRemaining).not.toContain('-');
      }
      expect(await verifyLedger(database.current)).toMatchObject({ valid: true });
    },
  );
  await fc.assert(property, { numRuns: 25 });
});
