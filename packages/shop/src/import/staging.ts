import { hash } from 'node:crypto';
import { once } from 'node:events';
import type { Transaction } from '@sotto/database';
import { pseudonymOf } from '@sotto/vault';
import { from as copyFrom } from 'pg-copy-streams';
import { type CopyValue, formatCopyRow } from './copy-text.ts';
import { type Rejections, rowText } from './rejections.ts';
import type { ImportedInteraction, ImportRow, Origin, RowContent } from './row.ts';

/** Rows as they were understood, gone with the transaction. */
const STAGING = {
  position: 'int8 NOT NULL',
  file: 'int2 NOT NULL',
  line: 'int4 NOT NULL',
  kind: 'text NOT NULL',
  identity: 'bytea',
  customer: 'bytea',
  sku: 'text NOT NULL',
  type: 'event_type',
  occurred_at: 'timestamptz(3)',
  quantity: 'int4',
  price: 'numeric(21, 12)',
  rating: 'real',
  channel: 'channel',
  country: 'text',
  consent_mask: 'int2',
  title: 'text',
  fact_price: 'numeric(21, 12)',
  product: 'jsonb',
  source_text: 'text',
} as const;
type StagedColumn = keyof typeof STAGING;
type StagedRow = { [Column in StagedColumn]?: CopyValue };
type StagedContent = Exclude<RowContent, { kind: 'rejected' }>;
const STAGED_COLUMNS = Object.keys(STAGING) as StagedColumn[];
const CREATE_STAGING = `CREATE TEMPORARY TABLE import_row (${STAGED_COLUMNS.map((name) => `"${name}" ${STAGING[name]}`).join(', ')}) ON COMMIT DROP`;

const BUFFER_LENGTH = 131_072;
const SEPARATOR = '\u001f';

/** Where a staged row came from, for one that turns out to be no good. */
export interface StagedOrigin {
  readonly file: number;
  readonly line: number;
  readonly sku: string;
  /** Kept only when rejected rows are written to a file. */
  readonly source_text: string | null;
}

export interface StagedCounts {
  /** Every row of the source. */
  readonly read: number;
  readonly interactions: number;
  readonly returns: number;
  /** Rows that told of a product only. */
  readonly catalogueOnly: number;
  /** Files in the order of their numbers in the staging table. */
  readonly files: readonly string[];
}

export interface StagingOptions {
  readonly format: string;
  readonly pseudonymKey: Buffer;
  readonly rejections: Rejections;
  /** Called now and then. */
  onRows(count: number): void;
}

/**
 * Streams rows into a temporary table by COPY, in constant memory: customers as pseudonyms, each row with the hash of
 * its columns.
 */
export async function stageRows(
  tx: Transaction,
  rows: AsyncIterable<ImportRow> | Iterable<ImportRow>,
  options: StagingOptions,
): Promise<StagedCounts> {
  await tx.query(CREATE_STAGING);
  const copy = tx.query(copyFrom('COPY import_row FROM STDIN'));
  // Failures reach us as the rejection of a write or of the end below.
  const failed = new Promise<never>((_, fail) => copy.once('error', fail));
  failed.catch(() => undefined);
  const encoder = new RowEncoder(options);
  const counts = { read: 0, interaction: 0, return: 0, facts: 0, product: 0, rejected: 0 };
  let buffer = '';
  try {
    for await (const { origin, content } of rows) {
      counts[content.kind]++;
      if (++counts.read % 20_000 === 0) options.onRows(counts.read);
      if (content.kind === 'rejected') {
        await options.rejections.add(origin, content);
        continue;
      }
      buffer += encoder.encode({ origin, content }, counts.read);
      if (buffer.length < BUFFER_LENGTH) continue;
      const hasRoom = copy.write(buffer);
      buffer = '';
      if (!hasRoom) await Promise.race([once(copy, 'drain'), failed]);
    }
    copy.end(buffer);
    await Promise.race([once(copy, 'finish'), failed]);
  } catch (error) {
    await abortCopy(copy);
    throw error;
  }
  await tx.query('ANALYZE import_row');
  options.onRows(counts.read);
  return {
    read: counts.read,
    interactions: counts.interaction,
    returns: counts.return,
    catalogueOnly: counts.facts + counts.product,
    files: encoder.files,
  };
}

/** The connection must leave COPY before it can roll back. */
async function abortCopy(copy: ReturnType<typeof copyFrom>): Promise<void> {
  if (copy.closed) return;
  const closed = once(copy, 'close').catch(() => undefined);
  copy.destroy();
  await closed;
}

class RowEncoder {
  readonly files: string[] = [];
  readonly #options: StagingOptions;
  /** Rows of a customer mostly come one after the other. */
  #last = { customer: '', pseudonym: '' };
  #lastTime = { time: Number.NaN, text: '' };

  constructor(options: StagingOptions) {
    this.#options = options;
  }

  /** @param position of the row in the whole source, from 1 */
  encode({ origin, content }: ImportRow & { content: StagedContent }, position: number): string {
    const staged: StagedRow = { position, file: this.#fileNumber(origin.file), line: origin.line, kind: content.kind };
    if (content.kind === 'product') {
      staged.sku = content.product.sku;
      staged.product = JSON.stringify(content.product);
    } else if (content.kind === 'facts') {
      staged.sku = content.facts.sku;
      staged.occurred_at = this.#formatTime(content.facts.at);
    } else this.#stageInteraction(staged, origin, content.interaction);
    if (content.kind !== 'product') {
      staged.title = content.facts?.title;
      staged.fact_price = content.facts?.price;
    }
    return formatCopyRow(STAGED_COLUMNS.map((column) => staged[column]));
  }

  #stageInteraction(staged: StagedRow, origin: Origin, row: ImportedInteraction): void {
    const identity = this.#options.format + SEPARATOR + origin.cells.join(SEPARATOR);
    staged.identity = `\\x${hash('sha256', identity, 'hex')}`;
    staged.customer = this.#findPseudonym(row.customer);
    staged.sku = row.sku;
    staged.type = row.type;
    staged.occurred_at = this.#formatTime(row.occurredAt);
    staged.quantity = row.quantity;
    staged.price = row.price;
    staged.rating = row.rating;
    staged.channel = row.channel;
    staged.country = row.country;
    staged.consent_mask = row.consentMask;
    if (this.#options.rejections.keepsRows) staged.source_text = rowText(origin);
  }

  #findPseudonym(customer: string): string {
    if (this.#last.customer !== customer) {
      const pseudonym = pseudonymOf(this.#options.pseudonymKey, 'customer', customer).toString('hex');
      this.#last = { customer, pseudonym: `\\x${pseudonym}` };
    }
    return this.#last.pseudonym;
  }

  /** Rows of one sale follow each other and share its time. */
  #formatTime(time: number): string {
    if (this.#lastTime.time !== time) this.#lastTime = { time, text: new Date(time).toISOString() };
    return this.#lastTime.text;
  }

  #fileNumber(file: string): number {
    const known = this.files.lastIndexOf(file);
    return known >= 0 ? known : this.files.push(file) - 1;
  }
}
