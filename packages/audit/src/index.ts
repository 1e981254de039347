export type { Attack, AttackContext, AuditSize } from './attack.ts';
export { listAttacks, listNightlyAttacks, listShopAttacks } from './attacks.ts';
export { runAudit } from './audit.ts';
export type { AttackFinding, AttackName } from './finding.ts';
export type { OpenScratch, ScratchDatabase } from './scratch.ts';
