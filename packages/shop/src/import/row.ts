import type { Channel, EventType } from '../event-input.ts';
import type { ProductInput } from '../product-input.ts';

/** Where a row was read, and what it said: its columns are its identity. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  /** All columns as they were read; of a JSON line, the line. */
  readonly cells: readonly string[];
}

/** What one customer did with one product. */
export interface ImportedInteraction {
  /** The shop's own id of the customer; it leaves this process as a pseudonym only. */
  readonly customer: string;
  readonly sku: string;
  readonly type: Exclude<EventType, 'IMPRESSION'>;
  /** Milliseconds since 1970. */
  readonly occurredAt: number;
  readonly quantity?: number;
  /** Decimal as a string, of one unit. */
  readonly price?: string;
  readonly rating?: number;
  readonly channel?: Channel;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** Bits of the purposes that the row grants; absent = what the import grants. */
  readonly consentMask?: number;
}

/** What a sales line says about its product, whoever bought it: the commonest title and the latest price win. */
export interface ProductFacts {
  readonly sku: string;
  readonly title?: string;
  readonly price?: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** One row of a file and what was understood of it. */
export interface ImportRow {
  readonly origin: Origin;
  readonly content: RowContent;
}

export type RowContent =
  | { readonly kind: 'interaction'; readonly interaction: ImportedInteraction; readonly facts?: ProductFacts }
  /** Takes `interaction.quantity` units back from earlier purchases of the same customer and product. */
  | { readonly kind: 'return'; readonly interaction: ImportedInteraction; readonly facts?: ProductFacts }
  | { readonly kind: 'facts'; readonly facts: ProductFacts }
  | { readonly kind: 'product'; readonly product: ProductInput }
  | Rejection;

export interface Rejection {
  readonly kind: 'rejected';
  readonly reason: string;
  /** The column at fault, and its value unless it names a person. */
  readonly column: string;
  readonly value?: string;
}

export function reject(reason: string, column: string, value?: string): Rejection {
  return value === undefined ? { kind: 'rejected', reason, column } : { kind: 'rejected', reason, column, value };
}
