import { expect, it } from 'vitest';
import { Catalogue } from './catalogue.ts';
import { describeProduct, type ProductVersion } from './product-version.ts';
import { Vocabulary } from './text.ts';
import type { CatalogueProduct } from './types.ts';

const vocabulary = new Vocabulary();
const version = (id: number, changes: Partial<CatalogueProduct> = {}, isDeleted = false): ProductVersion =>
  describeProduct(
    {
      product: {
        id,
        sku: `sku-${String.fromCharCode(122 - id)}`,
        title: `Product ${id}`,
        description: null,
        brand: `Brand ${id % 2}`,
        categories: ['All', id < 2 ? 'Low' : 'High'],
        price: `${id}.25`,
        currency: null,
        imageUrl: null,
        isAvailable: true,
        isHidden: false,
        createdAt: id,
        ...changes,
      },
      isDeleted,
      releasedAtMs: null,
    },
    vocabulary,
  );
const KEEP = Number.NEGATIVE_INFINITY;
const skusOf = (catalogue: Catalogue) =>
  Array.from(catalogue.skuOrder, (index) => catalogue.versions[index]!.product.sku);

it('leaves a catalogue as it was when the next one is made', () => {
  const first = Catalogue.load([version(0), version(1)], 100);
  const second = first.withChanges([version(0, { price: '9' }), version(2)], 200, KEEP);
  expect(first.size).toBe(2);
  expect(first.indexOfId(2)).toBeUndefined();
  expect(first.versions[0]!.product.price).toBe('0.25');
  expect(second.indexOfSku('sku-x')).toBe(2);
  expect(second.versions[0]!.product.price).toBe('9');
  expect(skusOf(second)).toEqual(['sku-x', 'sku-y', 'sku-z']);
});

it('shows itself as it was at a moment', () => {
  let catalogue = Catalogue.load([version(0), version(1)], 100);
  catalogue = catalogue.withChanges([version(0, { isHidden: true }), version(2)], 200, KEEP);
  catalogue = catalogue.withChanges([version(0), version(1, { categories: ['High'] })], 300, KEEP);
  const servable = (atMs: number) => [0, 1, 2].map((index) => catalogue.viewAt(atMs)!.versionAt(index)?.isServable);
  expect(servable(199)).toEqual([true, true, undefined]);
  expect(servable(200)).toEqual([false, true, true]);
  expect(servable(300)).toEqual([true, true, true]);
  const mask = catalogue.maskOf({ categories: ['High'] })!;
  expect([...catalogue.viewAt(299)!.indexesOf(mask)]).toEqual([2]);
  expect([...catalogue.viewAt(199)!.indexesOf(mask)]).toEqual([]);
  expect([...catalogue.viewAt(300)!.indexesOf(mask)]).toEqual([1, 2]);
});

it('says so when a moment is too long ago', () => {
  let catalogue = Catalogue.load([version(0)], 100);
  expect(catalogue.viewAt(1)).toBeDefined();
  catalogue = catalogue.withChanges([version(0, { isHidden: true })], 200, KEEP);
  catalogue = catalogue.withChanges([version(0)], 300, 250);
  expect(catalogue.viewAt(260)).toBeDefined();
  expect(catalogue.viewAt(240)).toBeUndefined();
});

it('filters by any category of the path, brand and exact price bounds', () => {
  const catalogue = Catalogue.load([version(0), version(1), version(2), version(3, { price: null })], 100);
  const passing = (filter: Parameters<Catalogue['maskOf']>[0]) => [...catalogue.maskOf(filter)!.indexes];
  expect(passing({ categories: ['Low'] })).toEqual([0, 1]);
  expect(passing({ categories: ['All'], brands: ['Brand 0'] })).toEqual([0, 2]);
  expect(passing({ priceMin: '1.25', priceMax: '2.25' })).toEqual([1, 2]);
  expect(passing({ priceMin: '1.250000000001' })).toEqual([2]);
  expect(passing({ brands: [] })).toEqual([]);
  expect(catalogue.maskOf({})).toBeUndefined();
  expect(() => catalogue.maskOf({ priceMin: '1e1' })).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
});

it('knows its newest products, deleted ones left out', () => {
  const catalogue = Catalogue.load([version(1), version(2, {}, true), version(3)], 100);
  expect([...catalogue.newest]).toEqual([2, 0]);
});
