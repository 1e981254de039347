import type { DpEvent } from '@sotto/privacy';
import { estimateEpsilon } from '@sotto/privacy/testing';
import type { Attack, AttackContext, Repetitions } from './attack.ts';
import { LEDGER_DELTA, readClaim } from './claim.ts';
import { type AttackFinding, epsilonFinding, plainFinding } from './finding.ts';
import { estimateGaussianMu, gaussianEpsilon } from './gaussian-estimator.ts';
import { ROW_FALSE_ALARM } from './odds.ts';

/** What an attacker sees of one release with or without the canary, and the price that was named for it. */
export interface Observation {
  /**
   * One value for each canary whose noise is independent of the others': a score (Gaussian noise), or any outcome that takes
   * few enough values to repeat.
   */
  readonly seen: readonly (number | string)[];
  readonly event: DpEvent;
  /** The epsilon that the release was sold for; what the event comes to, if it was not sold. */
  readonly soldEpsilon?: number;
}

export interface MembershipTarget {
  readonly target: string;
  /** At which the claim is read; for events with a delta of their own at least that. Default: the ledger's. */
  readonly delta?: number;
  /** Releases on each of the two sides. */
  readonly runs: Repetitions;
  /**
   * With few runs and other than Gaussian noise: all that is looked at is whether a score reaches it. Default: every outcome is
   * told from every other.
   */
  readonly threshold?: number;
  /**
   * For Gaussian noise and several canaries that are all in or all out: how many times one canary's mu the group's may be at
   * most. n for n canaries; sqrt(n) when no two share an entry, since orthogonal vectors of length 1 add up to that
   * length. Default 1.
   */
  readonly groupFactor?: number;
  observe(hasCanary: boolean): Observation | Promise<Observation>;
}

/** Accountants round up; this is far more than they do, and far less than any mistake in a price. */
const PRICE_TOLERANCE = 1e-3;

/**
 * Membership inference: who knows everything but one account's presence looks at releases and says whether it was there. The
 * canary is an account built to stand out. How often the guess is right bounds epsilon from below.
 */
export function membershipAttack(target: MembershipTarget): Attack {
  return {
    attack: 'membership-inference',
    target: target.target,
    run: (context) => inferMembership(target, context),
  };
}

async function inferMembership(target: MembershipTarget, context: AttackContext): Promise<AttackFinding> {
  const without: (number | string)[] = [];
  const withCanary: (number | string)[] = [];
  const prices = new Set<string>();
  let last: Observation | undefined;
  for (let run = 0; run < target.runs[context.size]; run++) {
    for (const side of [without, withCanary]) {
      const observation = await target.observe(side === withCanary);
      side.push(...observation.seen);
      prices.add(JSON.stringify([observation.event, observation.soldEpsilon]));
      last = observation;
      await context.pause();
    }
  }
  if (last === undefined) throw new RangeError('Membership inference needs at least one run.');
  // A price that depends on the canary tells whether it is there, at no epsilon at all.
  if (prices.size > 1) return plainFinding('membership-inference', `${target.target}: price depends on data`, false);
  return compare(target, last, { without, withCanary });
}

interface Seen {
  readonly without: readonly (number | string)[];
  readonly withCanary: readonly (number | string)[];
}

function compare(target: MembershipTarget, { event, soldEpsilon }: Observation, seen: Seen): AttackFinding {
  const claim = readClaim(event, target.delta ?? LEDGER_DELTA);
  const { delta } = claim;
  if (soldEpsilon !== undefined && claim.epsilon > soldEpsilon * (1 + PRICE_TOLERANCE))
    return epsilonFinding('membership-inference', `${target.target}: sold for less than it costs`, {
      claimed: soldEpsilon,
      empiricalLower: claim.epsilon,
    });
  const claimed = soldEpsilon ?? claim.epsilon;
  if (claim.family === 'gaussian') {
    const scores = { without: toScores(seen.without), withCanary: toScores(seen.withCanary) };
    const mu = estimateGaussianMu(scores, ROW_FALSE_ALARM) / (claim.latticeFactor * (target.groupFactor ?? 1));
    return epsilonFinding('membership-inference', target.target, {
      claimed,
      empiricalLower: gaussianEpsilon({ mu, delta }),
    });
  }
  if (target.groupFactor !== undefined) throw new RangeError(`${target.target}: groups are for Gaussian noise alone.`);
  const sides = [toOutcomes(seen.without, target.threshold), toOutcomes(seen.withCanary, target.threshold)] as const;
  const next = [0, 0];
  const { epsilonLowerBound } = estimateEpsilon({
    run: (side) => sides[side][next[side]!++]!,
    trials: Math.min(seen.without.length, seen.withCanary.length),
    delta,
    falseAlarm: ROW_FALSE_ALARM,
  });
  return epsilonFinding('membership-inference', target.target, {
    claimed,
    empiricalLower: epsilonLowerBound,
  });
}

function toOutcomes(seen: Seen['without'], threshold: number | undefined): readonly (number | string)[] {
  return threshold === undefined ? seen : seen.map((value) => (Number(value) >= threshold ? 1 : 0));
}

function toScores(seen: readonly (number | string)[]): Float64Array {
  return Float64Array.from(seen, (value) => {
    if (typeof value !== 'number') throw new RangeError('Gaussian noise is scored by numbers.');
    return value;
  });
}
