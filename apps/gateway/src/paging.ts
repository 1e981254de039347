import { AppError } from '@sotto/shop';
import { builder } from './builder.ts';

const MAX_FIRST = 100;

export interface Page<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** @throws AppError BAD_INPUT that names `first` */
export function requireFirst(first: number | null | undefined, fallback: number): number {
  const value = first ?? fallback;
  if (value < 1 || value > MAX_FIRST)
    throw new AppError('BAD_INPUT', `first must be from 1 to ${MAX_FIRST}`, { path: 'first' });
  return value;
}

/**
 * The cost of a list of `first` objects. A `first` out of range is the resolver's to refuse, with a better message.
 * @param field what it costs to make the list, however short
 */
export function costOfList(fallback: number, field = 1) {
  return ({ first }: { first?: number | null | undefined }) => ({
    field,
    multiplier: Math.min(Math.max(first ?? fallback, 0), MAX_FIRST),
  });
}

/** Lists inside a connection are counted by the connection's `first`. */
export const COUNTED_BY_FIRST = { field: 0, multiplier: 1 };

/** pageInfo of any list that has edges with cursors. */
export function pageInfoOf({
  edges,
  hasNextPage,
  hasPreviousPage,
}: Omit<Page<unknown>, 'edges'> & {
  readonly edges: readonly { readonly cursor: string }[];
}) {
  return {
    hasNextPage,
    hasPreviousPage,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  };
}

export const PageInfo = builder.pageInfoRef();

/** An opaque cursor for lists whose order is a key that callers may see. @param list names the list it belongs to */
export function encodeCursor(list: string, key: string): string {
  return Buffer.from(`${list}:${key}`).toString('base64url');
}

/** @throws AppError BAD_INPUT when it is no cursor of this list */
export function decodeCursor(list: string, cursor: string | null | undefined, shape = /./): string | undefined {
  if (cursor == null) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString();
  const key = text.startsWith(`${list}:`) ? text.slice(list.length + 1) : '';
  if (!shape.test(key) || encodeCursor(list, key) !== cursor)
    throw new AppError('BAD_INPUT', 'after is not a cursor of this list', { path: 'after' });
  return key;
}
