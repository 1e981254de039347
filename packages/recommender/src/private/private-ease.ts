import { parseNumbers } from '../hyperparameters.ts';
import type { FactorReading } from '../models/item-factors.ts';

export interface PrivateEaseHyperparameters extends FactorReading {
  /** Most dimensions of the co-occurrence that are kept. */
  readonly rank: number;
  /** What an item has with itself beyond the dimensions, against its popularity. */
  readonly residualShare: number;
  /** How that grows with popularity: 0 not at all, 1 in proportion. */
  readonly residualExponent: number;
  /** Power of a product's popularity that its scores are divided by. */
  readonly popularityExponent: number;
  /** Power of a product's trend that its scores are multiplied by. */
  readonly trendExponent: number;
  /** How much content says beside what was learned where no taste was told from noise; less where some was. */
  readonly contentWeight: number;
  /** Days after which a statistic counts half against the newest. */
  readonly halfLifeDays: number;
}

export interface PrivatePopularityHyperparameters {
  readonly trendExponent: number;
  readonly halfLifeDays: number;
}

const HALF_LIFE_DAYS = { fallback: 180, minimum: 1, maximum: 36_500 };

/** @throws InvalidHyperparameters */
export function parsePrivateEase(value: unknown): PrivateEaseHyperparameters {
  return parseNumbers(value, {
    rank: { fallback: 128, minimum: 1, maximum: 512, isInteger: true },
    residualShare: { fallback: 2, minimum: 0.001, maximum: 1_000 },
    residualExponent: { fallback: 0.7, minimum: 0, maximum: 2 },
    popularityExponent: { fallback: 0, minimum: -2, maximum: 2 },
    trendExponent: { fallback: 0.8, minimum: 0, maximum: 2 },
    contentWeight: { fallback: 1.5, minimum: 0, maximum: 1_000 },
    kindExponent: { fallback: 0, minimum: 0, maximum: 4 },
    recentItems: { fallback: 200, minimum: 1, maximum: 500, isInteger: true },
    decay: { fallback: 1, minimum: 0.01, maximum: 1 },
    halfLifeDays: HALF_LIFE_DAYS,
  });
}

/** @throws InvalidHyperparameters */
export function parsePrivatePopularity(value: unknown): PrivatePopularityHyperparameters {
  return parseNumbers(value, {
    trendExponent: { fallback: 1, minimum: 0, maximum: 2 },
    halfLifeDays: HALF_LIFE_DAYS,
  });
}
