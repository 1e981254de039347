import type { SparseMatrix } from '../sparse-matrix.ts';

/**
 * What the catalogue says of each item, in the order of the items: public, so that a model may use it for nothing. An item
 * of which nothing is known has an empty path, null, null and ''.
 */
export interface CatalogueContent {
  /** Category path from the root. */
  readonly categories: readonly (readonly string[])[];
  readonly brands: readonly (string | null)[];
  /** All in one currency. */
  readonly prices: readonly (number | null)[];
  readonly titles: readonly string[];
}

/** A catalogue that says nothing of its items. */
export function emptyContent(itemCount: number): CatalogueContent {
  const fill = <Value>(value: Value): Value[] => new Array<Value>(itemCount).fill(value);
  return { categories: fill([]), brands: fill(null), prices: fill(null), titles: fill('') };
}

/** One way to describe items: sparse rows of features with weights. */
export interface FeatureGroup {
  readonly name: string;
  readonly featureCount: number;
  /** Shape [itemCount + 1]. */
  readonly ptr: Int32Array;
  readonly features: Int32Array;
  /** Of norm 1 in each row that is not empty. */
  readonly values: Float64Array;
}

const MAX_CATEGORY_DEPTH = 4;
/** Prices against the middle one of their category, as a logarithm: the borders of five bands. */
const PRICE_BORDERS = [-0.35, -0.1, 0.1, 0.35];
/** A word that more items have says nothing of taste, and one that fewer have nothing of others. */
const MOST_WORD_SHARE = 0.2;
const FEWEST_WORD_ITEMS = 5;
/** The commonest words that are looked at. */
const MAX_WORDS = 512;
/** A feature of a single item says nothing that the item does not. */
const FEWEST_ITEMS = 2;

/** The catalogue as groups of features, from the coarsest to the finest. The first is the one feature that every item has. */
export function describeItems(content: CatalogueContent): FeatureGroup[] {
  const { categories, brands, titles } = content;
  const deepest = categories.map((path) => joinPath(path));
  const groups = [
    toGroup(
      'all',
      titles.map(() => 'all'),
    ),
  ];
  for (let depth = 1; depth <= MAX_CATEGORY_DEPTH; depth++) {
    groups.push(
      toGroup(
        `category ${depth}`,
        categories.map((path) => (path.length >= depth ? joinPath(path.slice(0, depth)) : null)),
      ),
    );
  }
  groups.push(toGroup('brand', brands));
  groups.push(toGroup('price', bandPrices(content, deepest)));
  groups.push(toGroup('words', wordsOf(titles)));
  groups.push(
    toGroup(
      'brand in category',
      brands.map((brand, item) => (brand === null || deepest[item] === '' ? null : `${deepest[item]}\n${brand}`)),
    ),
  );
  return groups.filter(({ name, featureCount }) => name === 'all' || featureCount > 1);
}

/**
 * What items have in common, as sparse rows: the product of two is the sum over their common features of 1 / the number of
 * items that have one, so that what is rare says more. Public. Shape [itemCount x features].
 */
export function similarityFeatures(content: CatalogueContent): SparseMatrix {
  const [, ...groups] = describeItems(content);
  const itemCount = content.titles.length;
  const columns: number[] = [];
  const values: number[] = [];
  const rowPtr = new Int32Array(itemCount + 1);
  const roots = groups.map(({ featureCount, features }) => {
    const counts = new Float64Array(featureCount);
    for (const feature of features) counts[feature]! += 1;
    return counts.map(Math.sqrt);
  });
  for (let item = 0; item < itemCount; item++) {
    let first = 0;
    for (const [at, { featureCount, ptr, features, values: own }] of groups.entries()) {
      // All of a group's values in a row are alike, so that only the columns are put in order.
      for (const feature of features.slice(ptr[item], ptr[item + 1]).sort()) {
        columns.push(first + feature);
        values.push(own[ptr[item]!]! / roots[at]![feature]!);
      }
      first += featureCount;
    }
    rowPtr[item + 1] = columns.length;
  }
  return {
    rowCount: itemCount,
    columnCount: groups.reduce((sum, { featureCount }) => sum + featureCount, 0),
    rowPtr,
    columnIdx: Int32Array.from(columns),
    values: Float32Array.from(values),
  };
}

/** The deepest category of each item as a number from 0, -1 where it has none. */
export function numberCategories({ categories }: CatalogueContent): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(categories, (path) => {
    if (path.length === 0) return -1;
    const name = joinPath(path);
    if (!numbers.has(name)) numbers.set(name, numbers.size);
    return numbers.get(name)!;
  });
}

function joinPath(path: readonly string[]): string {
  return path.join('\n');
}

/** The band of each price within its category, told apart by department. */
function bandPrices({ prices, categories }: CatalogueContent, deepest: readonly string[]): (string | null)[] {
  const byCategory = new Map<string, number[]>();
  for (const [item, price] of prices.entries()) {
    if (price === null || !(price > 0)) continue;
    const own = byCategory.get(deepest[item]!);
    if (own === undefined) byCategory.set(deepest[item]!, [price]);
    else own.push(price);
  }
  const middles = new Map(
    [...byCategory].map(([name, own]) => [name, own.sort((left, right) => left - right)[own.length >> 1]!]),
  );
  return prices.map((price, item) => {
    if (price === null || !(price > 0)) return null;
    const distance = Math.log(price / middles.get(deepest[item]!)!);
    return `${categories[item]![0] ?? ''}\n${PRICE_BORDERS.filter((border) => distance > border).length}`;
  });
}

function wordsOf(titles: readonly string[]): string[][] {
  const words = titles.map((title) => [...new Set(title.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [])]);
  const counts = new Map<string, number>();
  for (const word of words.flat()) counts.set(word, (counts.get(word) ?? 0) + 1);
  const kept = new Set(
    [...counts]
      .filter(([, count]) => count >= FEWEST_WORD_ITEMS && count <= MOST_WORD_SHARE * titles.length)
      .sort(([left, leftCount], [right, rightCount]) => rightCount - leftCount || (left < right ? -1 : 1))
      .slice(0, MAX_WORDS)
      .map(([word]) => word),
  );
  return words.map((own) => own.filter((word) => kept.has(word)));
}

/** @param names of each item's feature or features */
function toGroup(name: string, names: readonly (string | null | readonly string[])[]): FeatureGroup {
  const lists = names.map((own) => (own === null ? [] : typeof own === 'string' ? [own] : own));
  const counts = new Map<string, number>();
  for (const feature of lists.flat()) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  const numbers = new Map<string, number>();
  for (const [feature, count] of counts) if (count >= FEWEST_ITEMS) numbers.set(feature, numbers.size);
  const ptr = new Int32Array(lists.length + 1);
  const features: number[] = [];
  const values: number[] = [];
  for (const [item, list] of lists.entries()) {
    const own = list.flatMap((feature) => numbers.get(feature) ?? []);
    features.push(...own);
    values.push(...own.map(() => 1 / Math.sqrt(own.length)));
    ptr[item + 1] = features.length;
  }
  return {
    name,
    featureCount: numbers.size,
    ptr,
    features: Int32Array.from(features),
    values: Float64Array.from(values),
  };
}
