import { type DemoCatalogue, type DemoProduct, dot, gaussian, TASTE_DIMENSIONS } from './catalogue.ts';
import type { Random } from './random.ts';

/** What a shop never sees: who somebody is. The truth that models and segments are meant to find. */
export interface Shopper {
  /** Shape [TASTE_DIMENSIONS], each about normal. */
  readonly taste: Float64Array;
  /** What is paid above (or below) a category's usual price, as a logarithm: 0.7 is twice as much. */
  readonly logBudget: number;
  /** How much a price off the budget puts off. */
  readonly priceSensitivity: number;
  readonly daysBetweenVisits: number;
  /** Customers of one household or circle of friends share this number, their country and much of their taste. */
  readonly household: number;
}

/** Share of a taste's variance that comes from the household. */
const HOUSEHOLD_SHARE = 0.55;
/** How strongly taste decides, in units of a log weight: spreads products over about e^8 to 1. */
const TASTE_STRENGTH = 1.9;
const FAME_STRENGTH = 0.8;

export function drawShopper(random: Random, household: { taste: Float64Array; number: number }): Shopper {
  const own = gaussian(random, Math.sqrt(1 - HOUSEHOLD_SHARE));
  return {
    taste: own.map((value, i) => value + household.taste[i]! * Math.sqrt(HOUSEHOLD_SHARE)),
    logBudget: random.normal() * 0.4,
    priceSensitivity: 0.3 + random.exponential(0.7),
    daysBetweenVisits: Math.min(90, Math.max(2, 19 * Math.exp(random.normal() * 0.7))),
    household: household.number,
  };
}

/** Log of how likely a shopper is to look at a product, up to a constant of the shopper. */
export function logAffinity(shopper: Shopper, product: DemoProduct): number {
  return (
    TASTE_STRENGTH * dot(shopper.taste, product.vector) + FAME_STRENGTH * product.fame - priceAversion(shopper, product)
  );
}

/** Log of what the price takes away: 0 when it is just the shopper's budget. */
export function priceAversion(shopper: Shopper, product: DemoProduct): number {
  const distance = relativeLogPrice(product) - shopper.logBudget;
  return shopper.priceSensitivity * distance * distance;
}

function relativeLogPrice({ price, leaf }: DemoProduct): number {
  return Math.log(price / leaf.typicalPrice);
}

/** Draws products for one shopper, all by affinity or those of one leaf. Its buffers serve one shopper after the other. */
export class ProductSampler {
  readonly #catalogue: DemoCatalogue;
  /** Running sum of weights. Shape [products + 1]. */
  readonly #cumulative: Float64Array;
  /** Shape [products x TASTE_DIMENSIONS]: aiming reads every product for every shopper, so it reads one flat array. */
  readonly #vectors: Float64Array;
  readonly #logPrices: Float64Array;
  readonly #leafOf: Int32Array;

  constructor(catalogue: DemoCatalogue) {
    const { products, leafStarts } = catalogue;
    this.#catalogue = catalogue;
    this.#cumulative = new Float64Array(products.length + 1);
    this.#vectors = Float64Array.from(products.flatMap(({ vector }) => [...vector]));
    this.#logPrices = Float64Array.from(products, relativeLogPrice);
    this.#leafOf = new Int32Array(products.length);
    for (let leaf = 0; leaf + 1 < leafStarts.length; leaf++)
      this.#leafOf.fill(leaf, leafStarts[leaf], leafStarts[leaf + 1]);
  }

  /** The same weights as exp(logAffinity), for all products. */
  aimAt({ taste, logBudget, priceSensitivity }: Shopper): void {
    const vectors = this.#vectors;
    let sum = 0;
    for (const { index, fame } of this.#catalogue.products) {
      let closeness = 0;
      for (let i = 0; i < TASTE_DIMENSIONS; i++) closeness += taste[i]! * vectors[index * TASTE_DIMENSIONS + i]!;
      const distance = this.#logPrices[index]! - logBudget;
      sum += Math.exp(TASTE_STRENGTH * closeness + FAME_STRENGTH * fame - priceSensitivity * distance * distance);
      this.#cumulative[index + 1] = sum;
    }
  }

  drawAny(random: Random): DemoProduct {
    return this.#draw(random, 0, this.#catalogue.products.length);
  }

  drawBeside(random: Random, product: DemoProduct): DemoProduct {
    const leaf = this.#leafOf[product.index]!;
    return this.#draw(random, this.#catalogue.leafStarts[leaf]!, this.#catalogue.leafStarts[leaf + 1]!);
  }

  #draw(random: Random, start: number, end: number): DemoProduct {
    const from = this.#cumulative[start]!;
    const target = from + random.uniform() * (this.#cumulative[end]! - from);
    let low = start;
    let high = end - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#cumulative[middle + 1]! > target) high = middle;
      else low = middle + 1;
    }
    return this.#catalogue.products[low]!;
  }
}

export function drawHouseholdTaste(random: Random): Float64Array {
  return gaussian(random, 1);
}
