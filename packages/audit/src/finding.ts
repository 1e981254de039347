export type AttackName =
  | 'sampler-fit'
  | 'lattice-leak'
  | 'membership-inference'
  | 'averaging'
  | 'overspend-race'
  | 'chain-verification'
  | 'billboard';

/** One row of the report: what was attacked, what it promises, what the attack could show, and whether the promise held. */
export interface AttackFinding {
  readonly attack: AttackName;
  readonly target: string;
  /** The epsilon that the release is sold for; null where the promise is not an epsilon. */
  readonly claimedEpsilon: number | null;
  /** Epsilon is at least this, by what the attacker saw; null as above. */
  readonly empiricalEpsilonLower: number | null;
  readonly passed: boolean;
}

/** A promise without an epsilon, such as a chain that verifies. */
export function plainFinding(attack: AttackName, target: string, passed: boolean): AttackFinding {
  return { attack, target, claimedEpsilon: null, empiricalEpsilonLower: null, passed };
}

/** The promise holds as long as the attacker cannot show a larger epsilon than the one claimed. */
export function epsilonFinding(
  attack: AttackName,
  target: string,
  epsilons: { readonly claimed: number; readonly empiricalLower: number },
): AttackFinding {
  return {
    attack,
    target,
    claimedEpsilon: roundEpsilon(epsilons.claimed),
    empiricalEpsilonLower: roundEpsilon(epsilons.empiricalLower),
    passed: epsilons.empiricalLower <= epsilons.claimed,
  };
}

function roundEpsilon(epsilon: number): number {
  return Math.round(epsilon * 1e6) / 1e6;
}
