import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { parseProduct } from '../../product-input.ts';
import { isFolder } from '../find-file.ts';
import type { ImportFormat } from '../format.ts';
import { readJsonArray } from '../json-array.ts';
import { type RowContent, reject } from '../row.ts';
import { findSource } from '../source.ts';

const FILE = 'products.json.gz';

const row = z.object({
  name: z.string(),
  description: z.string().nullish(),
  brand: z.string().nullish(),
  categories: z.array(z.string()).nullish(),
  price: z.number().nonnegative().nullish(),
  image: z.string().nullish(),
});

/** Best Buy's open catalogue: one JSON list of products, no customers. */
export const bestBuy: ImportFormat = {
  name: 'bestbuy',
  family: 'bestbuy',
  consentMask: 0,
  async open(path, { onBytes }) {
    const file = await findSource((await isFolder(path)) ? join(path, FILE) : path);
    const read = async function* () {
      for await (const { line, text, value } of readJsonArray(file, onBytes))
        yield { origin: { file: file.name, line, cells: [text] }, content: parseRow(value) };
    };
    return { bytes: file.bytes, rows: read() };
  },
};

function parseRow(value: unknown): RowContent {
  const parsed = row.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return reject(`a product that is not valid: ${issue!.message}`, issue!.path.join('.'));
  }
  const { name, description, brand, categories, price, image } = parsed.data;
  const product = parseProduct({
    sku: findSku(name, brand ?? '', image ?? ''),
    title: name.slice(0, 500),
    description: description ?? null,
    brand: brand || null,
    categories: categories ?? [],
    price: price == null ? null : price.toFixed(2),
    currency: 'USD',
    imageUrl: image || null,
  });
  if ('problem' in product) return reject('a product that is not valid', product.problem);
  return { kind: 'product', product: product.product };
}

/** The shop's own number stands in the picture's address only; where it does not, name and brand make one up. */
function findSku(name: string, brand: string, image: string): string {
  const number = /\/(\d+)_/.exec(image)?.[1];
  return `bestbuy-${number ?? createHash('sha256').update(`${brand}\0${name}`).digest('hex').slice(0, 12)}`;
}
