import { z } from 'zod';
import { PURPOSES } from '../../consent.ts';
import { CHANNELS, EVENT_TYPES, type EventType } from '../../event-input.ts';
import { decimalSchema, parseProduct, skuSchema } from '../../product-input.ts';
import { parsePurposes } from '../purposes.ts';
import { type RowContent, reject } from '../row.ts';
import { parseCustomer, parseTime } from '../values.ts';

/** Columns of a products file; those that are absent keep what is stored, empty cells clear. */
export const PRODUCT_COLUMNS = [
  'sku',
  'title',
  'description',
  'brand',
  'categories',
  'price',
  'currency',
  'imageUrl',
  'stock',
  'isHidden',
  'attributes',
  'releasedAt',
] as const;
export const REQUIRED_PRODUCT_COLUMNS = ['sku', 'title'] as const;

/** Columns of an interactions file, named as in the API's EventInput. */
export const INTERACTION_COLUMNS = [
  'customerExternalId',
  'sku',
  'type',
  'occurredAt',
  'quantity',
  'price',
  'rating',
  'channel',
  'country',
  'consent',
] as const;
export const REQUIRED_INTERACTION_COLUMNS = ['customerExternalId', 'sku', 'type', 'occurredAt'] as const;

const interactionSchema = z.strictObject({
  customerExternalId: z.string(),
  sku: skuSchema,
  type: z.enum(EVENT_TYPES.filter((type): type is Exclude<EventType, 'IMPRESSION'> => type !== 'IMPRESSION')),
  occurredAt: z.string(),
  quantity: z.int().min(1).max(1_000_000).nullish(),
  price: decimalSchema.nullish(),
  rating: z.number().min(0.5).max(5).nullish(),
  channel: z.enum(CHANNELS).nullish(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'is not an ISO 3166-1 code of two capital letters')
    .nullish(),
  consent: z.union([z.string(), z.array(z.enum(PURPOSES))]).nullish(),
});

/** Parses one product of a shop's own file. */
export function parseProductRow(value: unknown): RowContent {
  const parsed = parseProduct(value);
  if ('product' in parsed) return { kind: 'product', product: parsed.product };
  const [column = '', ...problem] = parsed.problem.split(': ');
  return problem.length > 0 ? reject(`${column} ${problem.join(': ')}`, column) : reject(parsed.problem, 'sku');
}

/** Parses one interaction of a shop's own file. */
export function parseInteractionRow(value: unknown, now: number): RowContent {
  const parsed = interactionSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const column = issue.path.join('.');
    return reject(column ? `${column}: ${issue.message}` : issue.message, column || 'row');
  }
  const { customerExternalId, occurredAt, consent, ...fields } = parsed.data;
  if (fields.type === 'RATING' && fields.rating == null) return reject('a RATING without a rating', 'rating');
  const customer = parseCustomer('customerExternalId', customerExternalId);
  if ('problem' in customer) return customer.problem;
  const time = parseTime('occurredAt', occurredAt, now);
  if ('problem' in time) return time.problem;
  const consentMask = consent == null ? undefined : parsePurposes(consent);
  if (Number.isNaN(consentMask)) return reject('consent names a purpose that there is not', 'consent');
  const given = Object.entries({ ...fields, consentMask }).filter(([, field]) => field != null);
  return {
    kind: 'interaction',
    interaction: {
      ...(Object.fromEntries(given) as Pick<typeof fields, 'sku' | 'type'>),
      customer: customer.value,
      occurredAt: time.value,
    },
  };
}
