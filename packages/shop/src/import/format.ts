import type { ImportRow } from './row.ts';
import type { OnBytes } from './source.ts';

/** Bits of customer.consent_mask. */
export const ALL_PURPOSES = 0b111;

export interface ImportContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly onBytes: OnBytes;
}

/** Files, found and looked at, but not yet read. */
export interface ImportSource {
  /** On disk, of all files. */
  readonly bytes: number;
  readonly rows: AsyncIterable<ImportRow> | Iterable<ImportRow>;
}

/** One way in which a shop's data comes. */
export interface ImportFormat {
  readonly name: string;
  /** A database is one shop: only formats of one family may fill it one after the other. */
  readonly family: string;
  /** Purposes that new customers grant unless the import says otherwise. */
  readonly consentMask: number;
  /** ISO 4217, of prices that sales tell of products. */
  readonly currency?: string;
  /** @throws AppError BAD_INPUT for what can be told before reading */
  open(path: string, context: ImportContext): Promise<ImportSource>;
}
