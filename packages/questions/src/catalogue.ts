import type { Queryable } from '@sotto/ledger';
import { InvalidQuestionError } from './invalid-question-error.ts';
import { COUNTRY_CODES } from './spec/countries.ts';
import { CHANNELS, type Filter } from './spec/filter.ts';
import { type KeyDimension, MAX_KEYS } from './spec/schemas.ts';

const HOURS = Array.from({ length: 24 }, (_, hour) => `${hour}`.padStart(2, '0'));
/** ISO 8601: 1 is Monday. */
const WEEKDAYS = ['1', '2', '3', '4', '5', '6', '7'];

/**
 * The keys of a dimension, ascending: from constants, the filter and the catalogue, which are public, so all of them are
 * released. Products that are off sale stay in, since they were sold.
 * @throws InvalidQuestionError naming `path` when there are too many
 */
export async function listKeys(
  from: Queryable,
  {
    dimension,
    level,
    filter,
    path,
  }: { dimension: KeyDimension; level?: number | undefined; filter: Filter; path: string },
): Promise<readonly string[]> {
  switch (dimension) {
    case 'PRODUCT':
      return filter.skus ?? readKeys(from, 'SELECT sku AS key FROM product', [], path);
    case 'CATEGORY':
      return readKeys(from, 'SELECT DISTINCT categories[$1] AS key FROM product', [level ?? 1], path);
    case 'BRAND':
      return readKeys(from, 'SELECT DISTINCT brand AS key FROM product', [], path);
    case 'COUNTRY':
      return filter.countries ?? COUNTRY_CODES;
    case 'CHANNEL':
      return filter.channels ?? [...CHANNELS].sort();
    case 'EVENT_TYPE':
      return filter.eventTypes;
    case 'WEEKDAY':
      return WEEKDAYS;
    case 'HOUR':
      return HOURS;
  }
}

/** The dimension's key of one row, as SQL over an interaction i and its product p; null where the row has none. */
export function keySql(dimension: KeyDimension, level = 1): string {
  switch (dimension) {
    case 'PRODUCT':
      return 'p.sku';
    case 'CATEGORY':
      return `p.categories[${level}]`;
    case 'BRAND':
      return 'p.brand';
    case 'COUNTRY':
      return 'i.country';
    case 'CHANNEL':
      return 'i.channel::text';
    case 'EVENT_TYPE':
      return 'i.type::text';
    case 'WEEKDAY':
      return `to_char(i.occurred_at AT TIME ZONE 'UTC', 'ID')`;
    case 'HOUR':
      return `to_char(i.occurred_at AT TIME ZONE 'UTC', 'HH24')`;
  }
}

/**
 * Refuses products and categories that the catalogue does not have: a slip of the pen should not cost anything. Only
 * public data decides, so the refusal tells nothing.
 */
export async function checkFilter(from: Queryable, filter: Partial<Filter>): Promise<void> {
  const { skus, categories } = filter;
  if (skus === undefined && categories === undefined) return;
  const { rows } = await from.query<{ path: string }>(
    `SELECT 'spec.filter.skus' AS path FROM unnest($1::text[]) AS asked (name)
     WHERE NOT EXISTS (SELECT 1 FROM product WHERE sku = asked.name)
     UNION ALL
     SELECT 'spec.filter.categories' FROM unnest($2::text[]) AS asked (name)
     WHERE NOT EXISTS (SELECT 1 FROM product WHERE asked.name = ANY (categories)) LIMIT 1`,
    [skus ?? [], categories ?? []],
  );
  if (rows[0]) throw new InvalidQuestionError(rows[0].path, 'names something that is not in the catalogue');
}

/** The top-level categories with the most products, for features of segments. */
export async function listMainCategories(from: Queryable, limit: number): Promise<readonly string[]> {
  const { rows } = await from.query<{ key: string }>(
    `SELECT categories[1] AS key FROM product WHERE categories[1] IS NOT NULL
     GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT $1`,
    [limit],
  );
  return rows.map(({ key }) => key).sort();
}

async function readKeys(from: Queryable, sql: string, values: unknown[], path: string): Promise<readonly string[]> {
  const { rows } = await from.query<{ key: string }>(
    `SELECT key FROM (${sql}) keys WHERE key IS NOT NULL ORDER BY key COLLATE "C" LIMIT ${MAX_KEYS + 1}`,
    values,
  );
  if (rows.length > MAX_KEYS)
    throw new InvalidQuestionError(path, `has more than ${MAX_KEYS} keys in this catalogue: narrow the filter`);
  return rows.map(({ key }) => key);
}
