import { join } from 'node:path';
import { isFolder } from '../find-file.ts';
import { ALL_PURPOSES, type ImportContext, type ImportFormat } from '../format.ts';
import { readLines } from '../json.ts';
import { type ImportRow, reject } from '../row.ts';
import { findSource, type SourceFile } from '../source.ts';

const FILE = 'Beauty.txt';
/** The file has an order and no times: the n-th item of every customer is given the n-th day from here. */
const FIRST_DAY_MS = Date.UTC(2014, 0, 1);
const DAY_MS = 86_400_000;

/**
 * The 5-core benchmark of the sequential papers: a line a customer, `customer item item …` in time order, each item
 * counted as one row. An item was reviewed, so it was bought; its product is `beauty-<item>`, the only name it has.
 */
export const amazonBeauty: ImportFormat = {
  name: 'amazon-beauty',
  family: 'amazon-beauty',
  consentMask: ALL_PURPOSES,
  async open(path, context) {
    const file = await findSource((await isFolder(path)) ? join(path, FILE) : path);
    return { bytes: file.bytes, rows: readSequences(file, context) };
  },
};

async function* readSequences(file: SourceFile, { onBytes }: ImportContext): AsyncGenerator<ImportRow> {
  let line = 0;
  for await (const text of readLines(file, onBytes)) {
    line++;
    const [customer = '', ...items] = text.split(' ').filter((word) => word !== '');
    if (customer === '') continue;
    const isCustomer = /^\d{1,12}$/.test(customer);
    for (const [position, item] of items.entries()) {
      const origin = { file: file.name, line, cells: [customer, item] };
      const column = String(position + 2);
      if (!isCustomer) yield { origin, content: reject('a customer that is not a number', '1') };
      else if (!/^\d{1,12}$/.test(item))
        yield { origin, content: reject('an item that is not a number', column, item) };
      else yield { origin, content: describePurchase(customer, item, FIRST_DAY_MS + position * DAY_MS) };
    }
    if (items.length === 0)
      yield { origin: { file: file.name, line, cells: [text] }, content: reject('a line without items', '2') };
  }
}

function describePurchase(customer: string, item: string, at: number) {
  const sku = `beauty-${item}`;
  return {
    kind: 'interaction' as const,
    interaction: { customer, sku, type: 'PURCHASE' as const, occurredAt: at },
    facts: { sku, title: `Beauty item ${item}`, at },
  };
}
