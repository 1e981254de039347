import type { ReleaseAnswer } from '@sotto/ledger';
import {
  type ContributionLimits,
  composeEvents,
  type DpEvent,
  formatRational,
  type Rational,
  selectTopK,
} from '@sotto/privacy';
import { keySql } from '../catalogue.ts';
import { concentratedRho, partOf, roundDown, type Terms } from '../noise/budget.ts';
import { gaussianNoise, laplaceNoise, type SumNoise } from '../noise/sum-noise.ts';
import { countRow, type Plan } from '../plan.ts';
import type { Spec } from '../spec/canonical.ts';
import {
  contributeKeyed,
  describeRows,
  type KeyedRow,
  type KeyedSums,
  MEASURE_SQL,
  MEASURE_UNITS,
  readTotals,
  releaseSums,
} from './keyed-sums.ts';

/** How the k keys are chosen and how their values are noised. */
interface TopKNoise {
  /** Of each of the k choices. */
  readonly choiceEpsilon: Rational;
  readonly values: SumNoise;
  readonly event: DpEvent;
}

/**
 * TOP_K: the keys with the largest sums, with fresh noisy values. Half of the cost chooses (exponential mechanism, k times;
 * one account moves any sum by at most maxPerKey, in however many keys it is), half goes to the values (of the k
 * chosen keys an account is in at most min(maxKeys, k)). As their noise is fresh, the intervals hold
 * whatever was chosen.
 */
export function planTopK(spec: Spec<'TOP_K'>, terms: Terms, keys: readonly string[]): Plan {
  const sums = topKSums(spec, keys);
  const noise = chooseTopKNoise(spec, terms);
  return {
    event: noise.event,
    mechanism: `exponential choice of ${spec.k}, then ${noise.values.mechanism}`,
    noiseScale: noise.values.deviation,
    expectedError: noise.values.halfWidth,
    async draw(tx, population) {
      return releaseTopK(spec, noise, keys, await readTotals(tx, population, sums));
    },
  };
}

export function topKSums(spec: Spec<'TOP_K'>, keys: readonly string[]): KeyedSums<KeyedRow> {
  const key = keySql(spec.dimension, spec.level);
  return {
    keys,
    limits: { l0: Math.min(spec.bounds.maxKeys, keys.length), lInf: spec.bounds.maxPerKey },
    query: { columns: `${key} AS key, ${MEASURE_SQL[spec.measure]} AS value`, filter: spec.filter, groupBy: 'key' },
    contribute: contributeKeyed,
  };
}

export function releaseTopK(
  spec: Spec<'TOP_K'>,
  noise: Pick<TopKNoise, 'choiceEpsilon' | 'values'>,
  keys: readonly string[],
  totals: ReadonlyMap<string, number>,
): ReleaseAnswer {
  const { indices } = selectTopK({
    // Far above any shop's sums; choices among more than that are a tie.
    utilities: Float64Array.from(keys, (key) => Math.min(totals.get(key) ?? 0, 2 ** 52)),
    sensitivity: spec.bounds.maxPerKey,
    epsilon: noise.choiceEpsilon,
    k: spec.k,
    isMonotone: true,
  });
  const chosen = indices.map((index) => keys[index]!);
  const noisy = [...releaseSums(noise.values, chosen, totals)].sort((a, b) => b.value - a.value);
  return describeRows(
    MEASURE_UNITS[spec.measure],
    noisy.map(({ key, value }) => countRow(key, value, noise.values.halfWidth)),
  );
}

/** Pure, or zero-concentrated (where many choices cost less): whichever leaves the smaller error. */
export function chooseTopKNoise(spec: Spec<'TOP_K'>, terms: Terms): TopKNoise {
  const { k, bounds } = spec;
  const limits: ContributionLimits = { l0: Math.min(bounds.maxKeys, k), lInf: bounds.maxPerKey };
  const half = partOf('epsilon', terms.epsilon, 2);
  const pure = topKNoise(k, partOf('epsilon', half, k), laplaceNoise(half, limits));
  const rho = concentratedRho(terms);
  // A choice of bounded range e costs e^2 / 8 (Cesar and Rogers 2021): k of them cost rho / 2 at e = sqrt(4 rho / k).
  const choice = roundDown(Math.sqrt((4 * toNumber(rho)) / k));
  const values = gaussianNoise(partOf('rho', rho, 2), limits);
  if (values === null) return pure;
  const concentrated = topKNoise(k, choice, values);
  return errorOf(concentrated, limits) < errorOf(pure, limits) ? concentrated : pure;
}

function topKNoise(k: number, choiceEpsilon: Rational, values: SumNoise): TopKNoise {
  const choice: DpEvent = { kind: 'boundedRange', epsilon: formatRational(choiceEpsilon) };
  return { choiceEpsilon, values, event: composeEvents({ event: choice, count: k }, values.event) };
}

/** A value's half width, plus how far below the best a choice falls in 5 of 100 cases, up to the candidates' logarithm. */
function errorOf({ choiceEpsilon, values }: TopKNoise, { lInf }: ContributionLimits): number {
  return values.halfWidth + (lInf * Math.log(20)) / toNumber(choiceEpsilon);
}

function toNumber({ numerator, denominator }: Rational): number {
  return Number(numerator) / Number(denominator);
}
