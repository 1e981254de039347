import { collectInteractions, type InteractionLog, type InteractionRow } from '@sotto/recommender/evaluation';
import { AppError, type ImportFormat, type NettableRow, netReturns } from '@sotto/shop';

/** A purchase or return of one customer and one product. */
interface SalesRow extends NettableRow {
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** What one customer bought of one product and sent back, as the file tells it. */
interface Pair {
  readonly user: number;
  readonly item: number;
  /** Oldest first. */
  readonly rows: SalesRow[];
}

/** Sales as they became known, and what their lines say of the products. */
export interface ImportedLog extends InteractionLog {
  /** In the order of the items. */
  readonly products: readonly ImportedProduct[];
}

export interface ImportedProduct {
  readonly sku: string;
  /** '' where no line has one. */
  readonly title: string;
  /** As a line tells it. */
  readonly price: number | null;
}

/**
 * Reads a file of sales as the import stores it: rejected rows left out, returns netted against their purchases, each from
 * the moment it happened.
 * @throws AppError BAD_INPUT when the file cannot be read or has no purchases of customers
 */
export async function readImported(format: ImportFormat, path: string): Promise<ImportedLog> {
  const userOfCustomer = new Map<string, number>();
  const itemOfSku = new Map<string, number>();
  const products: ImportedProduct[] = [];
  const pairs = new Map<string, Pair>();
  let position = 0;
  let newest = 0;
  const { rows } = await format.open(path, { now: Date.now(), onBytes: () => undefined });
  for await (const { content } of rows) {
    if (content.kind !== 'interaction' && content.kind !== 'return') continue;
    const { customer, sku, occurredAt, quantity = 1 } = content.interaction;
    const user = numberOf(userOfCustomer, customer);
    const item = numberOf(itemOfSku, sku);
    const { title = '', price } = content.facts ?? {};
    if (products[item] === undefined || (products[item].title === '' && title !== ''))
      products[item] = { sku, title, price: price === undefined ? null : Number(price) };
    const key = `${user} ${item}`;
    let pair = pairs.get(key);
    if (pair === undefined) pairs.set(key, (pair = { user, item, rows: [] }));
    pair.rows.push({ position: position++, kind: content.kind, quantity, time: occurredAt });
    if (content.kind === 'interaction') newest = Math.max(newest, toSeconds(occurredAt));
  }
  if (pairs.size === 0) throw new AppError('BAD_INPUT', `${path} has no purchases of customers.`);
  for (const { rows: ofPair } of pairs.values()) {
    ofPair.sort((left, right) => left.time - right.time || left.position - right.position);
  }
  return {
    newest,
    products,
    before: (moment) => collectInteractions(listPurchases(pairs.values(), moment), itemOfSku.size),
  };
}

function* listPurchases(pairs: Iterable<Pair>, moment: number): Generator<InteractionRow> {
  for (const { user, item, rows: allRows } of pairs) {
    const rows = allRows.filter(({ time }) => toSeconds(time) < moment);
    const netted = new Map(netReturns(rows).changed.map(({ position, quantity }) => [position, quantity]));
    for (const { position, kind, quantity, time } of rows) {
      if (kind === 'return' || (netted.get(position) ?? quantity) === 0) continue;
      yield { user, item, kind: 'PURCHASE', time: toSeconds(time) };
    }
  }
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}
