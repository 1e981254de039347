import { en, Faker } from '@faker-js/faker';
import type { ProductInput } from '@sotto/shop';
import { LEAVES, type Leaf } from './category-tree.ts';
import { createRandom, type Random } from './random.ts';

/** Dimensions of the space in which tastes and products meet. */
export const TASTE_DIMENSIONS = 12;

const STREAM = 1;
const DAY_MS = 86_400_000;
const BRAND_COUNT = 60;
const OUT_OF_STOCK_SHARE = 0.04;
const HIDDEN_SHARE = 0.01;
/** Share of products released within the last year, and within the last few days: too young for anyone to know. */
const RECENT_SHARE = 0.25;
const BRAND_NEW_SHARE = 0.015;

export interface DemoProduct {
  readonly index: number;
  readonly input: ProductInput;
  readonly leaf: Leaf;
  readonly price: number;
  /** Milliseconds since 1970. */
  readonly releasedAt: number;
  /** Where it stands among tastes. Length 1, shape [TASTE_DIMENSIONS]. */
  readonly vector: Float64Array;
  /** How well known it is, apart from taste: a normal number, added to the log of its weight. */
  readonly fame: number;
  /** Index of the product bought along with it. */
  readonly complement: number | undefined;
}

export interface DemoCatalogue {
  /** Leaf by leaf, so that each leaf is one range. */
  readonly products: readonly DemoProduct[];
  /** First product of each leaf of the tree, and the end of the last. Shape [leaves + 1]. */
  readonly leafStarts: readonly number[];
}

/** Draws the demo shop's products. */
export function createCatalogue(options: { seed: number; products: number; until: Date }): DemoCatalogue {
  const random = createRandom(options.seed, STREAM, 0);
  const faker = new Faker({ locale: en, seed: options.seed });
  const brands = createBrands(faker, random);
  const departments = new Map<string, Float64Array>();
  const products: Omit<DemoProduct, 'complement'>[] = [];
  const leafStarts: number[] = [];
  for (const [index, leaf] of LEAVES.entries()) {
    leafStarts.push(products.length);
    const end = Math.round(((index + 1) * options.products) / LEAVES.length);
    const department = departments.get(leaf.department) ?? gaussian(random, 0.6);
    departments.set(leaf.department, department);
    const center = add(department, gaussian(random, 0.7));
    const leafBrands = Array.from({ length: 6 }, () => random.pick(brands));
    for (let number = 1; products.length < end; number++)
      products.push(createProduct({ leaf, number, center, brand: random.pick(leafBrands) }, products.length));
  }
  leafStarts.push(products.length);
  return { products: pairComplements(products, leafStarts), leafStarts };

  function createProduct(
    { leaf, number, center, brand }: { leaf: Leaf; number: number; center: Float64Array; brand: Brand },
    index: number,
  ): Omit<DemoProduct, 'complement'> {
    const price = Math.max(1, Math.round(leaf.typicalPrice * Math.exp(random.normal() * 0.35 + brand.tier))) - 0.01;
    const releasedAt = drawRelease(random, options.until.getTime());
    const noun = random.pick(leaf.nouns);
    const name = capitalize(faker.word.noun());
    const material = faker.commerce.productMaterial();
    const color = faker.color.human();
    return {
      index,
      leaf,
      price,
      releasedAt,
      vector: normalize(add(center, brand.style, gaussian(random, 0.3))),
      fame: random.normal(),
      input: {
        sku: `${leaf.name.toLowerCase().replaceAll(' ', '-')}-${String(number).padStart(3, '0')}`,
        title: `${brand.name} ${name} ${noun}`,
        description: `${noun} by ${brand.name}, ${color}, ${material.toLowerCase()}. ${faker.company.catchPhrase()}.`,
        brand: brand.name,
        categories: [leaf.department, leaf.name],
        price: price.toFixed(2),
        currency: 'EUR',
        stock: random.chance(OUT_OF_STOCK_SHARE) ? 0 : random.chance(0.1) ? null : random.integer(1, 400),
        isHidden: random.chance(HIDDEN_SHARE),
        attributes: { color, material },
        releasedAt: new Date(releasedAt).toISOString(),
      },
    };
  }
}

interface Brand {
  readonly name: string;
  readonly style: Float64Array;
  /** Added to the log of a price. */
  readonly tier: number;
}

function createBrands(faker: Faker, random: Random): Brand[] {
  const names = new Set<string>();
  while (names.size < BRAND_COUNT) names.add(faker.person.lastName());
  return [...names].map((name) => ({ name, style: gaussian(random, 0.45), tier: random.normal() * 0.25 }));
}

function drawRelease(random: Random, until: number): number {
  const kind = random.uniform();
  const ageDays =
    kind < BRAND_NEW_SHARE
      ? random.uniform() * 3
      : kind < RECENT_SHARE
        ? 3 + random.uniform() * 362
        : 365 + random.uniform() * 1_400;
  return Math.floor((until - ageDays * DAY_MS) / 1_000) * 1_000;
}

/** Each product of a leaf that has a complement goes with the product of that leaf that is nearest in taste. */
function pairComplements(
  products: readonly Omit<DemoProduct, 'complement'>[],
  leafStarts: readonly number[],
): DemoProduct[] {
  return products.map((product) => {
    const partnerLeaf = LEAVES.findIndex(({ name }) => name === product.leaf.complement?.name);
    const partners = partnerLeaf < 0 ? [] : products.slice(leafStarts[partnerLeaf], leafStarts[partnerLeaf + 1]);
    let complement: number | undefined;
    let nearest = Number.NEGATIVE_INFINITY;
    for (const partner of partners) {
      const closeness = dot(product.vector, partner.vector);
      if (closeness > nearest) [nearest, complement] = [closeness, partner.index];
    }
    return { ...product, complement };
  });
}

export function gaussian(random: Random, deviation: number): Float64Array {
  return Float64Array.from({ length: TASTE_DIMENSIONS }, () => random.normal() * deviation);
}

export function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < TASTE_DIMENSIONS; i++) sum += left[i]! * right[i]!;
  return sum;
}

function add(...vectors: Float64Array[]): Float64Array {
  return Float64Array.from({ length: TASTE_DIMENSIONS }, (_, i) =>
    vectors.reduce((sum, vector) => sum + vector[i]!, 0),
  );
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function normalize(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
}
