import type { AttackFinding, AttackName } from './finding.ts';

/** Quick: a minute, finds what is grossly broken. Full: minutes, finds half the noise (README, "Power"). */
export type AuditSize = 'quick' | 'full';

export interface AttackContext {
  readonly size: AuditSize;
  /** Lets other work of the process run; attacks call it between repetitions. Throws when the audit is to stop. */
  readonly pause: () => Promise<void>;
}

/** One attack on one target. */
export interface Attack {
  readonly attack: AttackName;
  readonly target: string;
  run(context: AttackContext): Promise<AttackFinding>;
}

/** Repetitions by size. */
export type Repetitions = Readonly<Record<AuditSize, number>>;
