import type { Database } from '@sotto/database';
import {
  ALL_PURPOSES,
  AppError,
  type ImportFormat,
  type ImportResult,
  type ImportRow,
  importShop,
  isShopEmpty,
  parsePurposes,
} from '@sotto/shop';
import type { ShopKeys } from '@sotto/vault';
import { type DemoCustomer, type DemoInteraction, type DemoShopOptions, generateDemoShop } from './index.ts';

export interface SeedOptions extends DemoShopOptions {
  /** Empties the shop first; else a shop that holds anything is refused. */
  readonly isReplacing?: boolean;
  /** @param fraction 0..1 */
  onProgress?(fraction: number): void;
}

/**
 * Fills a database with the demo shop, by the way that every import takes.
 * @throws AppError CONFLICT when there are customers or products
 */
export async function seedDemoShop(database: Database, keys: ShopKeys, options: SeedOptions): Promise<ImportResult> {
  const { isReplacing = false, ...shopOptions } = options;
  if (!isReplacing && !(await isShopEmpty(database.pool)))
    throw new AppError('CONFLICT', 'This database is not empty; --replace empties it for the demo shop.');
  return await importShop(database, keys, {
    format: createDemoFormat(shopOptions),
    path: '',
    isReplacing,
    now: options.until,
  });
}

function createDemoFormat(options: SeedOptions): ImportFormat {
  return {
    name: 'demo-shop',
    family: 'demo-shop',
    consentMask: ALL_PURPOSES,
    open: async () => ({ bytes: 0, rows: listRows(options) }),
  };
}

function* listRows(options: SeedOptions): Generator<ImportRow> {
  const { customers = 20_000, onProgress } = options;
  const shop = generateDemoShop(options);
  let line = 0;
  for (const { input } of shop.products)
    yield { origin: { file: 'products', line: ++line, cells: [] }, content: { kind: 'product', product: input } };
  for (const customer of shop.customers()) {
    if (customer.index % 500 === 0) onProgress?.(customer.index / customers);
    const consentMask = parsePurposes(customer.purposes);
    for (const interaction of customer.interactions) yield describeRow(customer, interaction, consentMask, ++line);
  }
  onProgress?.(1);
}

function describeRow(customer: DemoCustomer, row: DemoInteraction, consentMask: number, line: number): ImportRow {
  const { input, price } = row.product;
  const { externalId, country } = customer;
  return {
    origin: {
      file: 'interactions',
      line,
      cells: [externalId, input.sku, row.type, String(row.occurredAt), row.channel],
    },
    content: {
      kind: 'interaction',
      interaction: {
        customer: externalId,
        sku: input.sku,
        type: row.type,
        occurredAt: row.occurredAt,
        channel: row.channel,
        country,
        consentMask,
        price: price.toFixed(2),
        ...(row.quantity === undefined ? {} : { quantity: row.quantity }),
        ...(row.rating === undefined ? {} : { rating: row.rating }),
      },
    },
  };
}
