import { findColumns, readCsv } from '../csv.ts';
import { ALL_PURPOSES, type ImportFormat } from '../format.ts';
import { type RowContent, reject } from '../row.ts';
import { findSource } from '../source.ts';
import { parseCustomer, parsePrice, parseQuantity, parseTime } from '../values.ts';

const COLUMNS = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
] as const;
type Column = (typeof COLUMNS)[number];

/** Codes of lines that book something other than a product. */
const NON_PRODUCTS: readonly (readonly [RegExp, string])[] = [
  [/^POST$/, 'postage (POST)'],
  [/^DOT$/, 'postage of the web shop (DOT)'],
  [/^C[23]$/, 'carriage (C2)'],
  [/^M$/, 'manual entry (M)'],
  [/^D$/, 'discount (D)'],
  [/^S$/, 'samples (S)'],
  [/^B$/, 'bad debt (B)'],
  [/^BANK CHARGES$/, 'bank charges (BANK CHARGES)'],
  [/^AMAZONFEE$/, 'marketplace fee (AMAZONFEE)'],
  [/^CRUK$/, 'charity commission (CRUK)'],
  [/^PADS$/, 'cushion pads given away (PADS)'],
  [/^GIFT/, 'gift voucher (gift_…)'],
  [/^ADJUST/, 'adjustment (ADJUST)'],
  [/^TEST/, 'test code (TEST…)'],
];
/** Five digits and perhaps a variant's letters, or the codes of the sister shop. */
const PRODUCT_CODE = /^(\d{5}[A-Z]{0,3}|DCGS\w+)$/;

/** The file's names of countries. Channel Islands, European Community and Unspecified are no country of ISO 3166. */
const COUNTRIES: Readonly<Record<string, string>> = {
  Australia: 'AU',
  Austria: 'AT',
  Bahrain: 'BH',
  Belgium: 'BE',
  Bermuda: 'BM',
  Brazil: 'BR',
  Canada: 'CA',
  Cyprus: 'CY',
  'Czech Republic': 'CZ',
  Denmark: 'DK',
  EIRE: 'IE',
  Finland: 'FI',
  France: 'FR',
  Germany: 'DE',
  Greece: 'GR',
  'Hong Kong': 'HK',
  Iceland: 'IS',
  Israel: 'IL',
  Italy: 'IT',
  Japan: 'JP',
  Korea: 'KR',
  Lebanon: 'LB',
  Lithuania: 'LT',
  Malta: 'MT',
  Netherlands: 'NL',
  Nigeria: 'NG',
  Norway: 'NO',
  Poland: 'PL',
  Portugal: 'PT',
  RSA: 'ZA',
  'Saudi Arabia': 'SA',
  Singapore: 'SG',
  Spain: 'ES',
  Sweden: 'SE',
  Switzerland: 'CH',
  Thailand: 'TH',
  USA: 'US',
  'United Arab Emirates': 'AE',
  'United Kingdom': 'GB',
  'West Indies': 'BQ',
};

/**
 * UCI Online Retail: invoice lines of one UK shop, CSV. Times are UTC (the file names no zone), codes upper case (the
 * file writes 85123A and 85123a of one product).
 */
export const onlineRetail: ImportFormat = {
  name: 'online-retail',
  family: 'online-retail',
  consentMask: ALL_PURPOSES,
  currency: 'GBP',
  async open(path, { now, onBytes }) {
    const file = await findSource(path);
    const rows = readCsv(file, onBytes, (columns) => {
      const positions = findColumns(file, columns, COLUMNS);
      return (cells) => parseLine((column) => cells[positions[column]]!.trim(), now);
    });
    return { bytes: file.bytes, rows };
  },
};

function parseLine(cell: (column: Column) => string, now: number): RowContent {
  const sku = cell('StockCode').toUpperCase();
  const isProduct = PRODUCT_CODE.test(sku);
  if (!isProduct) {
    const known = NON_PRODUCTS.find(([pattern]) => pattern.test(sku));
    return reject(known?.[1] ?? 'a stock code of no product', 'StockCode', sku);
  }
  const quantity = parseQuantity('Quantity', cell('Quantity'));
  if ('problem' in quantity) return quantity.problem;
  const price = parsePrice('UnitPrice', cell('UnitPrice'));
  if ('problem' in price) return price.problem;
  const time = parseTime('InvoiceDate', cell('InvoiceDate'), now);
  if ('problem' in time) return time.problem;
  const customer = cell('CustomerID').replace(/\.0+$/, '');
  if (Number(price.value) === 0)
    return customer === ''
      ? reject('a price of zero and no customer: a stock correction', 'UnitPrice', price.value)
      : reject('a price of zero: nothing was sold', 'UnitPrice', price.value);
  const title = cell('Description').replaceAll(/\s+/g, ' ');
  const facts = { sku, price: price.value, at: time.value, ...(title === '' ? {} : { title }) };
  if (customer === '') return { kind: 'facts', facts };
  const parsed = parseCustomer('CustomerID', customer);
  if ('problem' in parsed) return parsed.problem;
  const isCancelled = cell('InvoiceNo').toUpperCase().startsWith('C');
  const isReturn = quantity.value < 0;
  if (isCancelled && !isReturn)
    return reject('a cancelled invoice with a positive quantity', 'Quantity', String(quantity.value));
  const country = COUNTRIES[cell('Country')];
  const interaction = {
    customer: parsed.value,
    sku,
    type: 'PURCHASE' as const,
    occurredAt: time.value,
    quantity: Math.abs(quantity.value),
    price: price.value,
    ...(country === undefined ? {} : { country }),
  };
  return { kind: isReturn ? 'return' : 'interaction', interaction, facts };
}
