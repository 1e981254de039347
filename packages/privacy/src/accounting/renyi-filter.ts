import { checkEpsilon, checkInteger, checkOpenProbability, PrivacyParameterError } from '../checks.ts';
import {
  ceilRational,
  compareRationals,
  multiplyRationals,
  parseRational,
  type Rational,
  type RationalInput,
  rationalFromDouble,
  rationalToDouble,
} from '../rational.ts';
import { conversionCost } from './conversion.ts';
import { checkEvent, type DpEvent, flattenEvent, type SimpleEvent, treeHeight } from './dp-event.ts';
import { renyiDivergence } from './renyi.ts';
import { roundUp } from './rounding.ts';

/** One unit of a filter's loss account is 2^-40 nats, one unit of its delta account 2^-100. */
const LOSS_UNITS: Rational = { numerator: 1n << 40n, denominator: 1n };
const DELTA_UNITS: Rational = { numerator: 1n << 100n, denominator: 1n };
const MAX_ORDER = 256;

/**
 * A budget for events that are chosen one after the other, each in view of earlier answers. At one Renyi order fixed when
 * it opens, costs of adaptively chosen events add up, and stopping before the sum passes the cap keeps the whole
 * interaction within it (Feldman and Zrnic 2021, Theorem 4.3). Choosing the order afterwards is not proven to be sound.
 *
 * Plain integers in units, so that admission is an exact comparison: costs are rounded up, the cap down.
 */
export interface RenyiFilter {
  readonly order: number;
  readonly capUnits: bigint;
  /** The half of delta that pays for events' own deltas; the other half converts the curve. */
  readonly deltaCapUnits: bigint;
}

export interface FilterCost {
  readonly lossUnits: bigint;
  readonly deltaUnits: bigint;
}

/**
 * Opens a filter for a total (epsilon, delta). Without `order`, the whole order that admits the most Gaussian noise.
 *
 * @throws PrivacyParameterError when the conversion at that order alone costs more than epsilon
 */
export function openRenyiFilter(options: {
  epsilon: RationalInput;
  delta: RationalInput;
  order?: number;
}): RenyiFilter {
  const epsilon = checkEpsilon('epsilon', options.epsilon);
  const delta = checkOpenProbability('delta', options.delta);
  const halfDelta = multiplyRationals(delta, { numerator: 1n, denominator: 2n });
  const order =
    options.order === undefined
      ? bestFilterOrder(epsilon, halfDelta)
      : checkInteger('order', options.order, { minimum: 2, maximum: MAX_ORDER });
  const capUnits = capAt(order, epsilon, halfDelta);
  if (capUnits <= 0n) throw new PrivacyParameterError('epsilon', 'is too small for this delta and order');
  return { order, capUnits, deltaCapUnits: floorUnits(halfDelta, DELTA_UNITS) };
}

/** What an event takes from a filter of this order, rounded up. Kinds linear in the order cost an exact fraction. */
export function priceEvent(options: { event: DpEvent; order: number }): FilterCost {
  const order = checkInteger('order', options.order, { minimum: 2, maximum: MAX_ORDER });
  let lossUnits = 0n;
  let deltaUnits = 0n;
  for (const { event, count } of flattenEvent(checkEvent(options.event))) {
    lossUnits += BigInt(count) * lossUnitsOf(event, order);
    if (event.kind === 'ownDelta' || event.kind === 'approximate') {
      deltaUnits += BigInt(count) * ceilRational(multiplyRationals(parseRational('delta', event.delta), DELTA_UNITS));
    }
  }
  return { lossUnits, deltaUnits };
}

/** Whether a filter that already granted `spent` may grant `cost` too. */
export function canAdmit(options: { filter: RenyiFilter; spent: FilterCost; cost: FilterCost }): boolean {
  const { filter, spent, cost } = options;
  if (cost.lossUnits < 0n || cost.deltaUnits < 0n) throw new PrivacyParameterError('cost', 'must not be negative');
  if (spent.lossUnits < 0n || spent.deltaUnits < 0n) throw new PrivacyParameterError('spent', 'must not be negative');
  return (
    spent.lossUnits + cost.lossUnits <= filter.capUnits && spent.deltaUnits + cost.deltaUnits <= filter.deltaCapUnits
  );
}

/** The epsilon that the granted costs amount to at half of the filter's delta; 0 when nothing was granted. Rounded up. */
export function spentEpsilon(options: { filter: RenyiFilter; spent: FilterCost }): number {
  const { filter, spent } = options;
  if (spent.lossUnits === 0n) return 0;
  const halfDelta = rationalToDouble({ numerator: filter.deltaCapUnits, denominator: DELTA_UNITS.numerator });
  const loss = rationalToDouble({ numerator: spent.lossUnits, denominator: LOSS_UNITS.numerator });
  return Math.max(0, roundUp(loss) + conversionCost(filter.order, halfDelta));
}

function lossUnitsOf(event: SimpleEvent, order: number): bigint {
  const linear = linearCoefficient(event);
  if (linear !== null) {
    return ceilRational(
      multiplyRationals(multiplyRationals(linear, LOSS_UNITS), { numerator: BigInt(order), denominator: 1n }),
    );
  }
  return ceilRational(multiplyRationals(rationalFromDouble(renyiDivergence(event, order)), LOSS_UNITS));
}

/** rho, for the kinds whose divergence is order times rho with a rational rho; null for the others. */
function linearCoefficient(event: SimpleEvent): Rational | null {
  switch (event.kind) {
    case 'gaussian': {
      const { numerator, denominator } = parseRational('noiseMultiplier', event.noiseMultiplier);
      return { numerator: denominator * denominator, denominator: 2n * numerator * numerator };
    }
    case 'discreteGaussian': {
      const variance = parseRational('variance', event.variance);
      const squared = parseRational('sensitivitySquared', event.sensitivitySquared);
      return {
        numerator: squared.numerator * variance.denominator,
        denominator: 2n * squared.denominator * variance.numerator,
      };
    }
    case 'treeAggregation': {
      const { numerator, denominator } = parseRational('noiseMultiplier', event.noiseMultiplier);
      return {
        numerator: BigInt(treeHeight(event.steps)) * denominator * denominator,
        denominator: 2n * numerator * numerator,
      };
    }
    case 'zeroConcentrated':
      return parseRational('rho', event.rho);
    default:
      return null;
  }
}

function capAt(order: number, epsilon: Rational, halfDelta: Rational): bigint {
  const cost = rationalFromDouble(conversionCost(order, rationalToDouble(halfDelta)));
  return floorUnits(
    {
      numerator: epsilon.numerator * cost.denominator - cost.numerator * epsilon.denominator,
      denominator: epsilon.denominator * cost.denominator,
    },
    LOSS_UNITS,
  );
}

/** The order at which the cap, divided by a Gaussian's cost (linear in the order), is largest. */
function bestFilterOrder(epsilon: Rational, halfDelta: Rational): number {
  let best = 2;
  let bestShare: Rational | null = null;
  for (let order = 2; order <= MAX_ORDER; order++) {
    const share = { numerator: capAt(order, epsilon, halfDelta), denominator: BigInt(order) };
    if (bestShare === null || compareRationals(share, bestShare) > 0) [best, bestShare] = [order, share];
  }
  return best;
}

function floorUnits(value: Rational, units: Rational): bigint {
  return -ceilRational({ numerator: -value.numerator * units.numerator, denominator: value.denominator });
}
