import type { Database } from '@sotto/database';
import type { Attack } from './attack.ts';
import { averagingAttack } from './attacks/averaging.ts';
import { billboardAttack } from './attacks/billboard.ts';
import { chainAttack } from './attacks/chain.ts';
import { MECHANISM_CANARIES } from './attacks/mechanism-canaries.ts';
import { MECHANISM_LATTICES } from './attacks/mechanism-lattices.ts';
import { modelAttack, PRIVATE_MODELS } from './attacks/model-canaries.ts';
import { ledgerSpending, overspendAttack } from './attacks/overspend-race.ts';
import { CANARY_QUESTIONS, questionAttack } from './attacks/question-canaries.ts';
import { SAMPLER_FITS } from './attacks/sampler-fit.ts';
import { segmentAttack } from './attacks/segment-canaries.ts';
import { STATISTIC_PARTS, statisticAttack, statisticLattice } from './attacks/statistic-canaries.ts';
import { inScratch, type OpenScratch } from './scratch.ts';

/** Attacks on the code that is running, which need no database. */
export const CODE_ATTACKS: readonly Attack[] = [
  ...SAMPLER_FITS,
  ...MECHANISM_LATTICES,
  statisticLattice(),
  ...MECHANISM_CANARIES,
  ...STATISTIC_PARTS.map((part) => statisticAttack(part)),
  ...PRIVATE_MODELS.map(modelAttack),
];

/** Every attack but those on a shop's own database. */
export function listAttacks(openScratch: OpenScratch): readonly Attack[] {
  return [
    ...CODE_ATTACKS,
    ...CANARY_QUESTIONS.map((question) => questionAttack(openScratch, question)),
    segmentAttack(openScratch),
    averagingAttack(openScratch),
    inScratch(openScratch, { attack: 'overspend-race', target: 'ledger, concurrent asks' }, (database) =>
      overspendAttack(ledgerSpending(database)),
    ),
  ];
}

/** Attacks on a shop's own database: they read what is public in it, and write nothing. */
export function listShopAttacks(database: Database): readonly Attack[] {
  return [chainAttack('ledger of the shop', database), billboardAttack(database)];
}

/** What a worker runs at night, beside its other work: nothing that needs a database of its own. */
export function listNightlyAttacks(database: Database): readonly Attack[] {
  return [...CODE_ATTACKS, ...listShopAttacks(database)];
}
