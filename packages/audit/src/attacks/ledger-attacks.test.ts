import { setImmediate as nextTurn } from 'node:timers/promises';
import { useDatabase } from '@sotto/database/testing';
import { listBudgets } from '@sotto/ledger';
import type { DpEvent } from '@sotto/privacy';
import { describe, expect, it } from 'vitest';
import { runAudit } from '../audit.ts';
import { chainAttack } from './chain.ts';
import { ledgerSpending, overspendAttack, type SpendingTarget } from './overspend-race.ts';

const database = useDatabase();
const event: DpEvent = { kind: 'discreteLaplace', scale: '1', sensitivity: 1 };

describe('the overspend race', () => {
  it('is lost against the ledger, whose chain verifies afterwards', async () => {
    const attacks = [
      overspendAttack(ledgerSpending(database.current)),
      chainAttack('scratch ledger', database.current),
    ];
    const [race, chain] = await runAudit({ attacks, size: 'quick' });
    expect(race).toMatchObject({ attack: 'overspend-race', claimedEpsilon: 10, passed: true });
    expect(chain).toMatchObject({ attack: 'chain-verification', claimedEpsilon: null, passed: true });
    // It did spend what there was: the attack is not passed by a ledger that admits nothing.
    const [budget] = (await listBudgets(database.current)).slice(-1);
    expect(budget!.lossShareSpent).toBeGreaterThan(0.6);
    expect(race!.empiricalEpsilonLower).toBeGreaterThan(3);
  });

  it('finds a ledger that nothing is known of', async () => {
    const closed: SpendingTarget = { ...inMemory(0, {}), ask: async () => undefined };
    await expect(runAudit({ attacks: [overspendAttack(closed)], size: 'quick' })).rejects.toThrow(
      'no ask was admitted',
    );
  });

  // A sound one in memory first: what the broken ones are caught for is their fault alone.
  const ledgers: [string, LedgerFault, boolean][] = [
    ['passes a ledger that charges before it draws', {}, true],
    ['catches a ledger that gives back what a failed draw cost', { isRefunding: true }, false],
    ['catches a ledger that checks, waits and then charges', { isCheckedBeforeWaiting: true }, false],
    ['catches a ledger that charges after the answer', { isChargedLast: true }, false],
  ];
  for (const [name, fault, passed] of ledgers) {
    it(name, async () => {
      const [finding] = await runAudit({ attacks: [overspendAttack(inMemory(10, fault))], size: 'quick' });
      expect(finding).toMatchObject({ attack: 'overspend-race', passed });
    });
  }
});

describe('chain verification', () => {
  it('catches an entry that was changed past the triggers', async () => {
    const { pool } = database.current;
    await pool.query('ALTER TABLE ledger_entry DISABLE TRIGGER USER');
    await pool.query('UPDATE ledger_entry SET loss_units = loss_units - 1 WHERE sequence = 2');
    await pool.query('ALTER TABLE ledger_entry ENABLE TRIGGER USER');
    const [finding] = await runAudit({ attacks: [chainAttack('shop', database.current)], size: 'quick' });
    expect(finding).toMatchObject({ attack: 'chain-verification', target: 'shop', passed: false });
  });
});

interface LedgerFault {
  readonly isRefunding?: boolean;
  readonly isCheckedBeforeWaiting?: boolean;
  readonly isChargedLast?: boolean;
}

/** Ten questions of epsilon 1 each, which add up to 10. */
function inMemory(epsilonLimit: number, fault: LedgerFault): SpendingTarget {
  let spent = 0;
  const answers = new Map<number, number>();
  return {
    target: 'in memory',
    epsilonLimit,
    delta: 1e-6,
    event,
    async ask(question, draw) {
      if (answers.has(question) || spent + 1 > epsilonLimit) return;
      if (fault.isCheckedBeforeWaiting) await nextTurn();
      if (!fault.isChargedLast) spent++;
      try {
        if (fault.isChargedLast) await nextTurn();
        answers.set(question, draw());
        if (fault.isChargedLast) spent++;
      } catch (error) {
        if (fault.isRefunding) spent--;
        throw error;
      }
    },
    wait: () => undefined,
  };
}
