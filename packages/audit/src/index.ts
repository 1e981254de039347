export type { Attack, AttackContext, AuditSize } from './attack.ts';
export { CODE_ATTACKS, listAttacks, listShopAttacks } from './attacks.ts';
export { runAudit } from './audit.ts';
export type { AttackFinding, AttackName } from './finding.ts';
export type { OpenScratch, ScratchDatabase } from './scratch.ts';
