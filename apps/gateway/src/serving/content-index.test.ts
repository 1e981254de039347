import { describe, expect, it } from 'vitest';
import { Catalogue } from './catalogue.ts';
import { ContentIndex } from './content-index.ts';
import { describeProduct, type ProductFacts } from './product-version.ts';
import { tokenize, Vocabulary } from './text.ts';
import { TimeSlice } from './time-slice.ts';

const PRODUCTS = [
  { title: 'Red leather boot', brand: 'Walker', categories: ['Shoes', 'Boots'], price: '90' },
  { title: 'Brown leather boot', brand: 'Walker', categories: ['Shoes', 'Boots'], price: '95' },
  { title: 'Red sandal', brand: 'Beach', categories: ['Shoes', 'Sandals'], price: '20' },
  { title: 'Electric kettle', brand: 'Boil', categories: ['Kitchen', 'Kettles'], price: '30' },
  { title: 'Kettle, red', brand: 'Boil', categories: ['Kitchen', 'Kettles'], price: '35' },
];

async function indexOf(products: readonly (typeof PRODUCTS)[number][]) {
  const vocabulary = new Vocabulary();
  const versions = products.map((product, id) => describeProduct(factsOf(product, id), vocabulary));
  const catalogue = Catalogue.load(versions, 0);
  return { catalogue, content: await ContentIndex.build(catalogue, vocabulary, new TimeSlice()) };
}

function factsOf(product: (typeof PRODUCTS)[number], id: number): ProductFacts {
  const rest = { description: null, currency: null, imageUrl: null, isAvailable: true, isHidden: false, createdAt: 0 };
  return { product: { id, sku: `p${id}`, ...rest, ...product }, isDeleted: false, releasedAtMs: null };
}

const order = (scores: Float32Array) =>
  [...scores.entries()]
    .filter(([, score]) => score > 0)
    .sort(([, left], [, right]) => right - left)
    .map(([index]) => index);

describe('similar content', () => {
  it('finds a product likest itself, then what shares its category, brand and words', async () => {
    const { catalogue, content } = await indexOf(PRODUCTS);
    const scores = new Float32Array(PRODUCTS.length);
    content.addSimilarities(catalogue.versions[0]!, 1, scores);
    expect(order(scores).slice(0, 3)).toEqual([0, 1, 2]);
    expect(scores[0]).toBeCloseTo(1, 5);
    expect(scores[3]).toBe(0);
  });
});

it('measures two products as it does one against all', async () => {
  const { catalogue, content } = await indexOf(PRODUCTS);
  const scores = new Float32Array(PRODUCTS.length);
  for (const version of catalogue.versions) {
    scores.fill(0);
    content.addSimilarities(version, 1, scores);
    for (const [index, other] of catalogue.versions.entries())
      expect(content.measureSimilarity(version, other)).toBeCloseTo(scores[index]!, 5);
  }
});

describe('search', () => {
  it.each([
    ['red boots', 0],
    ['KETTLES', 3],
    ['boil red', 4],
    ['sandál', 2],
  ])('finds %s', async (text, expected) => {
    const { content } = await indexOf(PRODUCTS);
    const scores = new Float32Array(PRODUCTS.length);
    content.search(text, scores);
    expect(order(scores)[0]).toBe(expected);
  });

  it('finds nothing for words nobody uses', async () => {
    const { content } = await indexOf(PRODUCTS);
    const scores = new Float32Array(PRODUCTS.length);
    content.search('zeppelin ,,, ☂', scores);
    expect(order(scores)).toEqual([]);
  });
});

it('cuts text into words that match across case, accents and plurals', () => {
  expect(tokenize('Crème-brûlée DISHES, 2 berries & 1 glass')).toEqual([
    'creme',
    'brulee',
    'dishe',
    '2',
    'berry',
    '1',
    'glass',
  ]);
  expect(tokenize('')).toEqual([]);
});
