import { createCatalogue, type DemoProduct } from './catalogue.ts';
import { createRandom } from './random.ts';
import { type DemoInteraction, visitShop } from './sessions.ts';
import { drawHouseholdTaste, drawShopper, logAffinity, ProductSampler, type Shopper } from './tastes.ts';

export type { DemoProduct } from './catalogue.ts';
export type { DemoInteraction } from './sessions.ts';
export type { Shopper } from './tastes.ts';

const HOUSEHOLD_STREAM = 2;
const CUSTOMER_STREAM = 3;
const DAY_MS = 86_400_000;
const SPAN_DAYS = 365;
/** The newest customers have been there for at least this long. */
const YOUNGEST_DAYS = 1;
const MEAN_STAY_DAYS = 300;
const CONSENTING_SHARE = 0.85;
const COUNTRIES = ['DE', 'DE', 'DE', 'FR', 'FR', 'NL', 'NL', 'AT', 'BE', 'ES', 'IT', 'IE', 'FI', 'PT'] as const;

export type DemoPurpose = 'PERSONALIZATION' | 'TRAINING' | 'ANALYTICS';

export interface DemoShopOptions {
  /** The whole shop follows from seed, until, products and customers; more customers only add customers. */
  readonly seed?: number;
  readonly customers?: number;
  readonly products?: number;
  /** The shop's present: nothing happens at or after it. */
  readonly until: Date;
}

export interface DemoCustomer {
  readonly index: number;
  /** `demo-00042` */
  readonly externalId: string;
  /** ISO 3166-1 alpha-2, shared by the household. */
  readonly country: string;
  readonly purposes: readonly DemoPurpose[];
  /** In time order. */
  readonly interactions: readonly DemoInteraction[];
  /** The hidden truth about this customer. */
  readonly truth: Shopper;
}

/** A pair that is sold together by construction. */
export interface ComplementaryPair {
  readonly product: DemoProduct;
  readonly complement: DemoProduct;
  /** Share of baskets with the product into which the complement is put because of it. */
  readonly probability: number;
}

export interface DemoShop {
  readonly products: readonly DemoProduct[];
  /** One customer after the other; each call starts again and gives the same. */
  customers(): Generator<DemoCustomer>;
  /** What a good model finds; README.md beside this file tells it in words. */
  readonly groundTruth: {
    readonly complementaryPairs: readonly ComplementaryPair[];
    /** Log of how likely a shopper is to look at each product, apart from season. Shape [products]. */
    logAffinities(shopper: Shopper): Float64Array;
  };
}

/** The demo shop, drawn anew from its seed each time; nothing of it is kept in memory but the catalogue. */
export function generateDemoShop(options: DemoShopOptions): DemoShop {
  const { seed = 1, customers = 20_000, products = 1_000, until } = options;
  const catalogue = createCatalogue({ seed, products, until });
  return {
    products: catalogue.products,
    customers: function* () {
      const sampler = new ProductSampler(catalogue);
      let index = 0;
      for (let household = 0; index < customers; household++) {
        const random = createRandom(seed, HOUSEHOLD_STREAM, household);
        const shared = { number: household, taste: drawHouseholdTaste(random), country: random.pick(COUNTRIES) };
        const end = Math.min(customers, index + random.integer(1, 4));
        for (; index < end; index++) yield createCustomer(index, shared, sampler);
      }
    },
    groundTruth: {
      complementaryPairs: catalogue.products.flatMap((product) => {
        const complement = product.complement === undefined ? undefined : catalogue.products[product.complement];
        return complement ? [{ product, complement, probability: product.leaf.complement!.probability }] : [];
      }),
      logAffinities: (shopper) => Float64Array.from(catalogue.products, (product) => logAffinity(shopper, product)),
    },
  };

  function createCustomer(
    index: number,
    household: { number: number; taste: Float64Array; country: string },
    sampler: ProductSampler,
  ): DemoCustomer {
    const random = createRandom(seed, CUSTOMER_STREAM, index);
    const purposes = drawPurposes(random);
    const shopper = drawShopper(random, household);
    const age = YOUNGEST_DAYS + random.uniform() * (SPAN_DAYS - YOUNGEST_DAYS);
    const joinedAt = until.getTime() - age * DAY_MS;
    const leavesAt = Math.min(until.getTime(), joinedAt + random.exponential(MEAN_STAY_DAYS) * DAY_MS + DAY_MS);
    return {
      index,
      externalId: `demo-${String(index).padStart(5, '0')}`,
      country: household.country,
      purposes,
      interactions: visitShop({ random, shopper, joinedAt, leavesAt }, catalogue, sampler),
      truth: shopper,
    };
  }
}

function drawPurposes(random: { uniform(): number; chance(probability: number): boolean }): DemoPurpose[] {
  if (random.chance(CONSENTING_SHARE)) return ['PERSONALIZATION', 'TRAINING', 'ANALYTICS'];
  const draw = random.uniform();
  if (draw < 0.5) return [];
  if (draw < 0.75) return ['PERSONALIZATION'];
  return draw < 0.9 ? ['PERSONALIZATION', 'ANALYTICS'] : ['TRAINING', 'ANALYTICS'];
}
