import { probabilityLowerBound, probabilityUpperBound } from './statistics.ts';

export interface EpsilonEstimate {
  /** Epsilon is at least this, unless the estimate is one of the `falseAlarm` wrong ones. */
  readonly epsilonLowerBound: number;
  readonly falseAlarm: number;
}

/**
 * Estimates from below the epsilon that a mechanism really has, by running it on two neighbouring inputs. The first half of
 * the runs picks an event (a set of outcomes that is likelier on one side), the second half bounds its two probabilities with
 * exact Clopper-Pearson intervals: P(E | one) <= e^epsilon P(E | other) + delta gives epsilon >= log((p - delta) / q).
 * Picking and bounding on separate runs keeps the bound honest (Ding et al. 2018; Jagielski, Ullman, Oprea 2020).
 *
 * @param options.run one run, its outcome as a text or number with few enough values to repeat
 * @param options.trials runs on each of the two inputs
 * @param options.falseAlarm probability that a mechanism with (epsilon, delta) is estimated above epsilon
 */
export function estimateEpsilon(options: {
  run: (side: 0 | 1) => string | number;
  trials: number;
  delta: number;
  falseAlarm: number;
}): EpsilonEstimate {
  const { run, trials, delta, falseAlarm } = options;
  const half = trials >> 1;
  const first = [countOutcomes(run, 0, half), countOutcomes(run, 1, half)] as const;
  const second = [countOutcomes(run, 0, half), countOutcomes(run, 1, half)] as const;
  let epsilonLowerBound = 0;
  for (const side of [0, 1] as const) {
    const event = likeliestEvent(first[side], first[1 - side]!, half, delta, falseAlarm);
    const bound = boundRatio(sumOf(second[side], event), sumOf(second[1 - side]!, event), half, delta, falseAlarm / 4);
    epsilonLowerBound = Math.max(epsilonLowerBound, bound);
  }
  return { epsilonLowerBound, falseAlarm };
}

type Outcomes = ReadonlyMap<string | number, number>;

function countOutcomes(run: (side: 0 | 1) => string | number, side: 0 | 1, trials: number): Outcomes {
  const counts = new Map<string | number, number>();
  for (let trial = 0; trial < trials; trial++) {
    const outcome = run(side);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}

/** Outcomes by falling likelihood ratio; the prefix with the best bound on these runs (Neyman and Pearson). */
function likeliestEvent(
  likely: Outcomes,
  other: Outcomes,
  trials: number,
  delta: number,
  falseAlarm: number,
): ReadonlySet<string | number> {
  const ratio = (outcome: string | number) => ((likely.get(outcome) ?? 0) + 0.5) / ((other.get(outcome) ?? 0) + 0.5);
  const ordered = [...likely.keys()].sort((a, b) => ratio(b) - ratio(a));
  const event = new Set<string | number>();
  let best: ReadonlySet<string | number> = event;
  let bestScore = Number.NEGATIVE_INFINITY;
  let [p, q] = [0, 0];
  for (const [index, outcome] of ordered.entries()) {
    event.add(outcome);
    p += likely.get(outcome) ?? 0;
    q += other.get(outcome) ?? 0;
    // Exact bounds are slow; a few hundred prefixes are as good as all.
    if (ordered.length > 400 && index % Math.ceil(ordered.length / 400) !== 0) continue;
    const score = quickBound(p, q, trials, delta, falseAlarm);
    if (score > bestScore) [best, bestScore] = [new Set(event), score];
  }
  return best;
}

/** A normal approximation of `boundRatio`, for choosing only. */
function quickBound(p: number, q: number, trials: number, delta: number, falseAlarm: number): number {
  const width = Math.sqrt(-2 * Math.log(falseAlarm));
  const low = (p - width * Math.sqrt(p + 1)) / trials - delta;
  const high = (q + width * Math.sqrt(q + 1) + width) / trials;
  return low > 0 ? Math.log(low / high) : Number.NEGATIVE_INFINITY;
}

function boundRatio(p: number, q: number, trials: number, delta: number, falseAlarm: number): number {
  const low = probabilityLowerBound(p, trials, falseAlarm) - delta;
  return low <= 0 ? 0 : Math.max(0, Math.log(low / probabilityUpperBound(q, trials, falseAlarm)));
}

function sumOf(counts: Outcomes, event: ReadonlySet<string | number>): number {
  let sum = 0;
  for (const outcome of event) sum += counts.get(outcome) ?? 0;
  return sum;
}
