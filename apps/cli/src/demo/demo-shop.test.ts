import { parseProduct } from '@sotto/shop';
import { describe, expect, it } from 'vitest';
import { type DemoCustomer, type DemoProduct, generateDemoShop } from './index.ts';

const until = new Date('2026-06-15T12:00:00Z');
const DAY_MS = 86_400_000;
const shop = generateDemoShop({ seed: 7, customers: 2_000, products: 600, until });
const customers = [...shop.customers()];
const purchasesOf = (customer: DemoCustomer) => customer.interactions.filter(({ type }) => type === 'PURCHASE');
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Everything a shop would see of a customer. */
const visible = ({ externalId, country, purposes, interactions }: DemoCustomer) =>
  JSON.stringify([
    externalId,
    country,
    purposes,
    interactions.map((row) => ({ ...row, product: row.product.input.sku })),
  ]);

describe('the demo shop', () => {
  it('is the same for the same seed, and another for another', () => {
    const again = generateDemoShop({ seed: 7, customers: 2_000, products: 600, until });
    expect(again.products).toEqual(shop.products);
    expect([...again.customers()].map(visible)).toEqual(customers.map(visible));
    const other = generateDemoShop({ seed: 8, customers: 20, products: 600, until });
    expect([...other.customers()].map(visible)).not.toEqual(customers.slice(0, 20).map(visible));
  });

  it('keeps its first customers when it gets more of them', () => {
    const small = generateDemoShop({ seed: 7, customers: 50, products: 600, until });
    expect([...small.customers()].map(visible)).toEqual(customers.slice(0, 50).map(visible));
  });

  it('has products that the catalogue takes, each sku once', () => {
    for (const { input } of shop.products) expect(parseProduct(input)).toEqual({ product: input });
    expect(new Set(shop.products.map(({ input }) => input.sku)).size).toBe(600);
    const share = (is: (product: DemoProduct) => boolean) => shop.products.filter(is).length / 600;
    expect(share(({ input }) => input.stock === 0)).toBeGreaterThan(0);
    expect(share(({ input }) => input.isHidden === true)).toBeGreaterThan(0);
    expect(share(({ releasedAt }) => releasedAt > until.getTime() - 3 * DAY_MS)).toBeGreaterThan(0);
  });

  it('has customers who do something, in time order, within a year, with products that are out', () => {
    const start = until.getTime() - 367 * DAY_MS;
    for (const { interactions } of customers) {
      expect(interactions.length).toBeGreaterThan(0);
      const isInOrder = interactions.every(
        ({ occurredAt, product }, i) =>
          occurredAt >= product.releasedAt && occurredAt >= (interactions[i - 1]?.occurredAt ?? start),
      );
      expect(isInOrder).toBe(true);
      expect(interactions.at(-1)!.occurredAt).toBeLessThan(until.getTime());
    }
    const months = new Set(
      customers.map(({ interactions }) => new Date(interactions[0]!.occurredAt).toISOString().slice(0, 7)),
    );
    expect(months.size).toBeGreaterThanOrEqual(12);
  });

  // 2,000 draws at .85: deviation .008, so six of them are passed once in 5e8 seeds.
  it('has 85 % of customers who grant everything', () => {
    const share = customers.filter(({ purposes }) => purposes.length === 3).length / customers.length;
    expect(Math.abs(share - 0.85)).toBeLessThan(0.048);
    expect(customers.some(({ purposes }) => purposes.length === 0)).toBe(true);
  });
});

describe('its ground truth', () => {
  /** Share of products that a shopper likes less than the ones bought: 1 = bought the best, .5 = no relation. */
  const percentile = (buyer: DemoCustomer, judge: DemoCustomer) => {
    const affinities = shop.groundTruth.logAffinities(judge.truth);
    const sorted = affinities.toSorted();
    const below = (value: number) => sorted.findIndex((other) => other >= value) / sorted.length;
    return mean(purchasesOf(buyer).map(({ product }) => below(affinities[product.index]!)));
  };
  const buyers = customers.filter((customer) => purchasesOf(customer).length >= 5).slice(0, 200);

  it('is that taste predicts what is bought, and the taste of a stranger does so far less', () => {
    const own = mean(buyers.map((buyer) => percentile(buyer, buyer)));
    const stranger = mean(buyers.map((buyer, i) => percentile(buyer, buyers[(i + 50) % buyers.length]!)));
    expect(own).toBeGreaterThan(0.85);
    expect(stranger).toBeLessThan(0.7);
  });

  it('is that a household shares its taste', () => {
    const mates: number[] = [];
    for (const [i, customer] of customers.entries()) {
      const mate = customers[i + 1];
      if (mate?.truth.household === customer.truth.household && purchasesOf(customer).length >= 5)
        mates.push(percentile(customer, mate));
    }
    const strangers = mean(buyers.map((buyer, i) => percentile(buyer, buyers[(i + 50) % buyers.length]!)));
    expect(mean(mates)).toBeGreaterThan(strangers + 0.08);
  });

  it('is that complementary products are bought together, far more than by chance', () => {
    const baskets: Set<DemoProduct>[] = [];
    for (const customer of customers) {
      const byTime = new Map<number, Set<DemoProduct>>();
      for (const { product, occurredAt } of purchasesOf(customer))
        byTime.set(occurredAt, (byTime.get(occurredAt) ?? new Set()).add(product));
      baskets.push(...byTime.values());
    }
    let together = 0;
    let expected = 0;
    for (const { product, complement } of shop.groundTruth.complementaryPairs) {
      const withProduct = baskets.filter((basket) => basket.has(product));
      const withComplement = baskets.filter((basket) => basket.has(complement));
      together += withProduct.filter((basket) => basket.has(complement)).length;
      expected += (withProduct.length * withComplement.length) / baskets.length;
    }
    expect(together / expected).toBeGreaterThan(10);
  });

  it('is that seasons move sales', () => {
    const sold = customers.flatMap(purchasesOf);
    const shareIn = (leaf: string, months: number[]) => {
      const rows = sold.filter(({ product }) => product.leaf.name === leaf);
      return rows.filter(({ occurredAt }) => months.includes(new Date(occurredAt).getUTCMonth())).length / rows.length;
    };
    const all =
      sold.filter(({ occurredAt }) => [11, 0, 1].includes(new Date(occurredAt).getUTCMonth())).length / sold.length;
    expect(shareIn('Board Games', [11, 0, 1])).toBeGreaterThan(1.3 * all);
    expect(shareIn('Outdoor Furniture', [11, 0, 1])).toBeLessThan(0.7 * all);
  });

  it('is that what runs out is bought again, and what lasts is not', () => {
    for (const customer of customers.slice(0, 500)) {
      const lasting = purchasesOf(customer).filter(({ product }) => product.leaf.refillDays === undefined);
      expect(new Set(lasting.map(({ product }) => product)).size).toBe(lasting.length);
    }
    const refills = customers.filter((customer) => {
      const bought = purchasesOf(customer).filter(({ product }) => product.leaf.refillDays !== undefined);
      return new Set(bought.map(({ product }) => product)).size < bought.length;
    });
    expect(refills.length).toBeGreaterThan(customers.length / 20);
  });
});
