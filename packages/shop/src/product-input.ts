import { z } from 'zod';
import { isDecimal } from './decimal.ts';

const MAX_STOCK = 2 ** 31 - 1;
const MAX_ATTRIBUTES_LENGTH = 16_384;
const UNSTORABLE = /\p{Surrogate}|\0/u;
/** U+0000 and lone surrogates, the only ones that JSON.stringify escapes: jsonb stores neither. */
const UNSTORABLE_ESCAPE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** Text that PostgreSQL stores: no U+0000, no lone surrogate. */
function text(minLength: number, maxLength: number) {
  return z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine((value) => !UNSTORABLE.test(value), 'holds a character that cannot be stored');
}

/** An identifier of the shop's own: printable, no white space around it. */
export const skuSchema = text(1, 128).refine(
  (sku) => sku === sku.trim() && !/\p{Cc}/u.test(sku),
  'has white space around it or a control character in it',
);

/** A Decimal of the contract: a string, since a float would lose digits. */
export const decimalSchema = z.string().refine(isDecimal, 'is not a decimal of at most 9 digits and 12 decimals');

const attributesSchema = z
  .record(z.string(), z.json())
  .refine((attributes) => JSON.stringify(attributes).length <= MAX_ATTRIBUTES_LENGTH, {
    message: `is longer than ${MAX_ATTRIBUTES_LENGTH} characters`,
  })
  .refine(
    (attributes) => !UNSTORABLE_ESCAPE.test(JSON.stringify(attributes)),
    'holds a character that cannot be stored',
  );

/**
 * A product as a shop hands it over: by the API, or one row of a file. `sku` names it and `title` is always given. Of
 * the other fields one that is absent keeps what is stored, and null clears it.
 */
export const productSchema = z.strictObject({
  sku: skuSchema,
  title: text(1, 500),
  description: text(0, 20_000).nullish(),
  brand: text(1, 200).nullish(),
  /** From the root of the category tree to the leaf. */
  categories: z.array(text(1, 200)).max(20).nullish(),
  price: decimalSchema.nullish(),
  /** ISO 4217. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'is not an ISO 4217 code of three capital letters')
    .nullish(),
  imageUrl: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .nullish(),
  /** Units on hand; null = not tracked, always available. */
  stock: z.int().min(0).max(MAX_STOCK).nullish(),
  isHidden: z.boolean().nullish(),
  attributes: attributesSchema.nullish(),
  releasedAt: z.iso.datetime({ offset: true }).nullish(),
});
export type ProductInput = z.infer<typeof productSchema>;

export type ParsedProductInput = { readonly product: ProductInput } | { readonly problem: string };

/** Parses one product from outside. The problem names the field and never the value. */
export function parseProduct(value: unknown): ParsedProductInput {
  const parsed = productSchema.safeParse(value);
  if (parsed.success) return { product: parsed.data };
  const issue = parsed.error.issues[0]!;
  const path = issue.path.join('.');
  return { problem: path ? `${path}: ${issue.message}` : issue.message };
}
