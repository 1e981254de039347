export type { Attack, AttackContext, AuditSize } from './attack.ts';
export { MECHANISM_CANARIES } from './attacks/mechanism-canaries.ts';
export { MECHANISM_LATTICES } from './attacks/mechanism-lattices.ts';
export { SAMPLER_FITS } from './attacks/sampler-fit.ts';
export { runAudit } from './audit.ts';
export type { AttackFinding, AttackName } from './finding.ts';
