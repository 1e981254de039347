import type { Attack, AuditSize } from './attack.ts';
import type { AttackFinding } from './finding.ts';
import { createPause } from './pace.ts';

export interface AuditOptions {
  readonly attacks: readonly Attack[];
  readonly size: AuditSize;
  /** Aborting it ends the audit between two repetitions. */
  readonly signal?: AbortSignal;
  /** Before each attack. @param done attacks that are over */
  readonly onAttack?: (attack: Attack, done: number, total: number) => void;
}

/**
 * Runs attacks one after the other.
 * @returns one finding an attack, in their order
 * @throws what an attack throws: an attack that cannot be made shows nothing, and that is not a promise kept
 */
export async function runAudit({ attacks, size, signal, onAttack }: AuditOptions): Promise<AttackFinding[]> {
  const findings: AttackFinding[] = [];
  const context = { size, pause: createPause(signal) };
  for (const [done, attack] of attacks.entries()) {
    signal?.throwIfAborted();
    onAttack?.(attack, done, attacks.length);
    findings.push(await attack.run(context));
  }
  return findings;
}
