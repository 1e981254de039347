import { addLogs, normalCdf, normalMass } from '../special-functions.ts';
import { type LossDistribution, LossGrid, type MassBound } from './loss-distribution.ts';

/** The loss distributions of both directions of a neighbouring pair; the same object twice when they are equal. */
export interface LossPair {
  readonly remove: LossDistribution;
  readonly add: LossDistribution;
}

/** An outcome's log-probability without (`base`) and with (`shifted`) the account. */
export interface Outcome {
  readonly base: number;
  readonly shifted: number;
}

/**
 * Loss distributions of a mechanism with finitely many outcomes, run with probability `sampling` on the account's data:
 * P = (1 - q) base + q shifted against Q = base, and the other way round.
 */
export function discretePair(options: {
  interval: number;
  outcomes: readonly Outcome[];
  sampling: number;
  /** Mass that `outcomes` leaves out; counted as unbounded loss. */
  missing: number;
}): LossPair {
  const { interval, outcomes, sampling, missing } = options;
  let highest = 0;
  let lowest = 0;
  const losses = outcomes.map(({ base, shifted }) => {
    const loss = mixedLoss(shifted - base, sampling);
    // The difference of two logarithms is good to a few units of their size; each direction counts that against itself.
    const rounding = (Math.abs(base) + Math.abs(shifted)) * 2 ** -50;
    highest = Math.max(highest, loss + rounding);
    lowest = Math.min(lowest, loss - rounding);
    return { loss, rounding };
  });
  const remove = new LossGrid({ interval, lowest, highest });
  const add = new LossGrid({ interval, lowest: -highest, highest: -lowest });
  for (const [index, { base, shifted }] of outcomes.entries()) {
    const { loss, rounding } = losses[index]!;
    remove.addAtom(loss + rounding, (1 - sampling) * Math.exp(base) + sampling * Math.exp(shifted));
    add.addAtom(-loss + rounding, Math.exp(base));
  }
  remove.addInfinite(missing);
  add.addInfinite(missing);
  return { remove: remove.finish(), add: add.finish() };
}

/**
 * Gaussian noise of `sigma` on a number that the account shifts by 1, on a Poisson sample. Between grid points the masses
 * under both distributions are differences of normal distribution functions.
 */
export function gaussianPair(options: { interval: number; sigma: number; sampling: number }): LossPair {
  const { interval, sigma, sampling } = options;
  // Past 10 standard deviations each distribution keeps less than 1e-23.
  const reach = 10 * sigma;
  const lossAt = (x: number) => mixedLoss((2 * x - 1) / (2 * sigma * sigma), sampling);
  const outcomeAt = (loss: number) => {
    const base = unmixedLoss(loss, sampling);
    return Math.min(1 + reach, Math.max(-reach, sigma * sigma * base + 0.5));
  };
  const massBase = (low: number, high: number) => normalMassBound(low / sigma, high / sigma);
  const massShifted = (low: number, high: number) => normalMassBound((low - 1) / sigma, (high - 1) / sigma);
  const massMixed = (low: number, high: number) => mixMasses(massBase(low, high), massShifted(low, high), sampling);
  const lowest = lossAt(-reach);
  const highest = lossAt(1 + reach);
  const cut = normalCdf(-reach / sigma) * 4;

  const remove = new LossGrid({ interval, lowest, highest });
  for (let index = remove.indices.first + 1; index <= remove.indices.last; index++) {
    const [low, high] = [outcomeAt((index - 1) * interval), outcomeAt(index * interval)];
    if (low < high) remove.addInterval(index, massMixed(low, high), massBase(low, high));
  }
  remove.addInfinite(cut);
  if (sampling === 1) {
    const symmetric = remove.finish();
    return { remove: symmetric, add: symmetric };
  }
  const add = new LossGrid({ interval, lowest: -highest, highest: -lowest });
  for (let index = add.indices.first + 1; index <= add.indices.last; index++) {
    const [low, high] = [outcomeAt(-index * interval), outcomeAt(-(index - 1) * interval)];
    if (low < high) add.addInterval(index, massBase(low, high), massMixed(low, high));
  }
  add.addInfinite(cut);
  return { remove: remove.finish(), add: add.finish() };
}

/** Laplace noise of scale 1 / `ratio` on a number that the account shifts by 1, on a Poisson sample. */
export function laplacePair(options: { interval: number; ratio: number; sampling: number }): LossPair {
  const { interval, ratio, sampling } = options;
  // Outside [0, 1] the loss is constant, so each side is one atom; within it grows by 2 ratio per unit.
  const outcomeAt = (loss: number) => Math.min(1, Math.max(0, (unmixedLoss(loss, sampling) / ratio + 1) / 2));
  const massBase = (low: number, high: number): MassBound => {
    const mass = (Math.exp(-ratio * low) * -Math.expm1(ratio * (low - high))) / 2;
    // The ends are good to 2^-52 and scaled by the ratio, in the exponent and against the width.
    return { mass, error: mass * ratio * 2 ** -50 + Math.exp(-ratio * low) * ratio * 2 ** -51 };
  };
  const massShifted = (low: number, high: number) => massBase(1 - high, 1 - low);
  const massMixed = (low: number, high: number) => mixMasses(massBase(low, high), massShifted(low, high), sampling);
  const lowest = mixedLoss(-ratio, sampling);
  const highest = mixedLoss(ratio, sampling);
  const far = Math.exp(-ratio) / 2;

  const remove = new LossGrid({ interval, lowest, highest });
  remove.addAtom(lowest, (1 - sampling) / 2 + sampling * far);
  remove.addAtom(highest, (1 - sampling) * far + sampling / 2);
  for (let index = remove.indices.first + 1; index <= remove.indices.last; index++) {
    const [low, high] = [outcomeAt((index - 1) * interval), outcomeAt(index * interval)];
    if (low < high) remove.addInterval(index, massMixed(low, high), massBase(low, high));
  }
  const add = new LossGrid({ interval, lowest: -highest, highest: -lowest });
  add.addAtom(-lowest, 0.5);
  add.addAtom(-highest, far);
  for (let index = add.indices.first + 1; index <= add.indices.last; index++) {
    const [low, high] = [outcomeAt(-index * interval), outcomeAt(-(index - 1) * interval)];
    if (low < high) add.addInterval(index, massBase(low, high), massMixed(low, high));
  }
  return { remove: remove.finish(), add: add.finish() };
}

/** A normal mass is a difference of distribution functions, each good to 2^-49 of itself; the larger decides. */
function normalMassBound(low: number, high: number): MassBound {
  return { mass: normalMass(low, high), error: normalCdf(low > 0 ? -low : high) * 2 ** -48 };
}

function mixMasses(base: MassBound, shifted: MassBound, sampling: number): MassBound {
  return {
    mass: (1 - sampling) * base.mass + sampling * shifted.mass,
    error: (1 - sampling) * base.error + sampling * shifted.error,
  };
}

/** log(1 - q + q exp(loss)). */
function mixedLoss(loss: number, sampling: number): number {
  if (sampling === 1) return loss;
  // Far below 0 the sum is close to 1 - q, whose digits log1p would lose when q is close to 1.
  if (loss < -1) return addLogs(Math.log1p(-sampling), Math.log(sampling) + loss);
  return loss > 700 ? loss + Math.log(sampling) : Math.log1p(sampling * Math.expm1(loss));
}

/** The inverse of `mixedLoss`; -Infinity below its range. */
function unmixedLoss(loss: number, sampling: number): number {
  if (sampling === 1) return loss;
  if (loss > 700) return loss - Math.log(sampling);
  const ratio = Math.expm1(loss) / sampling;
  return ratio <= -1 ? -Infinity : Math.log1p(ratio);
}
