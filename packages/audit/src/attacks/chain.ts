import type { Database } from '@sotto/database';
import { verifyLedger } from '@sotto/ledger';
import type { Attack } from '../attack.ts';
import { plainFinding } from '../finding.ts';

/**
 * Recomputes every hash, sum and price of a ledger: what an attacker who can write in the database changed afterwards does not
 * add up, unless all that came later was rewritten too. Only reads.
 */
export function chainAttack(target: string, database: Database): Attack {
  return {
    attack: 'chain-verification',
    target,
    async run() {
      const { valid } = await verifyLedger(database);
      return plainFinding('chain-verification', target, valid);
    },
  };
}
