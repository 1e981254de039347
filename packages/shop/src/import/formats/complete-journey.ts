import { parseProduct } from '../../product-input.ts';
import { findColumns, readCsv } from '../csv.ts';
import { findFile } from '../find-file.ts';
import { ALL_PURPOSES, type ImportFormat } from '../format.ts';
import { type RowContent, reject } from '../row.ts';
import type { SourceFile } from '../source.ts';
import { parseCustomer, parseQuantity, parseTime } from '../values.ts';

const PRODUCT_COLUMNS = [
  'product_id',
  'manufacturer_id',
  'department',
  'brand',
  'product_category',
  'product_type',
  'package_size',
] as const;
const TRANSACTION_COLUMNS = [
  'household_id',
  'product_id',
  'quantity',
  'sales_value',
  'retail_disc',
  'coupon_match_disc',
  'transaction_timestamp',
] as const;
type Cells<Name extends string> = (column: Name) => string;

/**
 * Dunnhumby's Complete Journey: a folder with products and transactions (CSV, the transactions whole or a sample).
 * A household is a customer. Times are UTC, since the files name no zone.
 */
export const completeJourney: ImportFormat = {
  name: 'complete-journey',
  family: 'complete-journey',
  consentMask: ALL_PURPOSES,
  currency: 'USD',
  async open(folder, { now, onBytes }) {
    const products = await findFile(folder, ['products.csv']);
    const transactions = await findFile(folder, ['transactions.csv', 'transactions_sample.csv']);
    const readFile = <Name extends string>(
      file: SourceFile,
      wanted: readonly Name[],
      parse: (cell: Cells<Name>) => RowContent,
    ) =>
      readCsv(file, onBytes, (columns) => {
        const positions = findColumns(file, columns, wanted);
        return (cells) => parse((column) => cells[positions[column]]!.trim());
      });
    const rows = async function* () {
      yield* readFile(products, PRODUCT_COLUMNS, parseProductLine);
      yield* readFile(transactions, TRANSACTION_COLUMNS, (cell) => parseTransaction(cell, now));
    };
    return { bytes: products.bytes + transactions.bytes, rows: rows() };
  },
};

function parseProductLine(cell: Cells<(typeof PRODUCT_COLUMNS)[number]>): RowContent {
  const known = (column: (typeof PRODUCT_COLUMNS)[number]) =>
    ['', 'NA'].includes(cell(column)) ? undefined : cell(column);
  const categories = [known('department'), known('product_category'), known('product_type')].filter(
    (name) => name !== undefined,
  );
  const id = cell('product_id');
  const size = known('package_size');
  const parsed = parseProduct({
    sku: id,
    title: [categories.at(-1) ?? `Product ${id}`, size].filter((part) => part !== undefined).join(', '),
    brand: known('brand') ?? null,
    categories,
    currency: 'USD',
    attributes: { manufacturerId: known('manufacturer_id') ?? null, packageSize: size ?? null },
  });
  if ('problem' in parsed) return reject('a product that is not valid', parsed.problem);
  return { kind: 'product', product: parsed.product };
}

function parseTransaction(cell: Cells<(typeof TRANSACTION_COLUMNS)[number]>, now: number): RowContent {
  const customer = parseCustomer('household_id', cell('household_id'));
  if ('problem' in customer) return customer.problem;
  const quantity = parseQuantity('quantity', cell('quantity'));
  if ('problem' in quantity) return quantity.problem;
  if (quantity.value < 0) return reject('a negative quantity', 'quantity', cell('quantity'));
  const time = parseTime('transaction_timestamp', cell('transaction_timestamp'), now);
  if ('problem' in time) return time.problem;
  const cents = (column: 'sales_value' | 'retail_disc' | 'coupon_match_disc') => Math.round(Number(cell(column)) * 100);
  const paid = cents('sales_value');
  const shelf = paid + cents('retail_disc') + cents('coupon_match_disc');
  if (!(paid >= 0 && shelf >= paid))
    return reject('an amount that is not a decimal', 'sales_value', cell('sales_value'));
  const perUnit = (amount: number) => (amount / quantity.value / 100).toFixed(4);
  const sku = cell('product_id');
  return {
    kind: 'interaction',
    interaction: {
      customer: customer.value,
      sku,
      type: 'PURCHASE',
      occurredAt: time.value,
      quantity: quantity.value,
      price: perUnit(paid),
      channel: 'STORE',
      country: 'US',
    },
    ...(shelf > 0 ? { facts: { sku, price: perUnit(shelf), at: time.value } } : {}),
  };
}
