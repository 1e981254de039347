import { randomUUID } from 'node:crypto';
import { type Database, inTransaction, recordRejections, type Transaction } from '@sotto/database';
import type { ShopKeys } from '@sotto/vault';
import type { ImportFormat, ImportSource } from './format.ts';
import { netStagedReturns } from './netting.ts';
import { clearShop, refuseOtherShop, refuseSecondImport } from './one-shop.ts';
import { RejectedFile, type RejectionCount, Rejections } from './rejections.ts';
import type { Rejection } from './row.ts';
import {
  correctReturnedInteractions,
  forEachUnknownProduct,
  settleCustomers,
  settleInteractions,
  settleProducts,
} from './settle.ts';
import { type StagedOrigin, stageRows } from './staging.ts';

export interface ImportProgress {
  readonly step: 'reading' | 'storing';
  /** 0..1 of the files read; absent when their length is not known. */
  readonly fraction?: number;
  readonly rows: number;
}

export interface ImportOptions {
  readonly format: ImportFormat;
  readonly path: string;
  /** Empties the shop first, in the same transaction. */
  readonly isReplacing?: boolean;
  /** Bits of the purposes that new customers grant, instead of the format's own. */
  readonly consentMask?: number;
  /** Where all rejected rows are written. */
  readonly rejectedPath?: string;
  readonly now?: Date;
  onProgress?(progress: ImportProgress): void;
}

/** The outcome of every row read; they add up to `read`. */
export interface ImportOutcomes {
  readonly stored: number;
  /** Returns and the purchases that they took back whole. */
  readonly netted: number;
  /** Rows that described a product and no customer's doing. */
  readonly catalogueOnly: number;
  /** Rows that an earlier import stored. */
  readonly duplicate: number;
  readonly rejected: number;
}

export interface ImportResult {
  readonly format: string;
  readonly read: number;
  readonly outcomes: ImportOutcomes;
  readonly rejections: readonly RejectionCount[];
  readonly seconds: number;
  /** Most memory that the process ever held. */
  readonly peakMemoryMb: number;
  /** Accounts that this import created, and the purposes granted by default. */
  readonly newCustomers: number;
  readonly consentMask: number;
}

/**
 * Loads a shop's data in one transaction: all of it is there in the end, or nothing.
 * @throws AppError BAD_INPUT for a file that cannot be read as its format, CONFLICT when the database holds another
 *   shop or another import is running
 */
export async function importShop(database: Database, keys: ShopKeys, options: ImportOptions): Promise<ImportResult> {
  const startedAt = performance.now();
  const { format, now = new Date(), onProgress } = options;
  let bytesRead = 0;
  const source = await format.open(options.path, { now: now.getTime(), onBytes: (count) => (bytesRead += count) });
  const file = options.rejectedPath === undefined ? undefined : await RejectedFile.open(options.rejectedPath);
  try {
    const rejections = new Rejections(file);
    const consentMask = options.consentMask ?? format.consentMask;
    const result = await inTransaction(database, async (tx) => {
      const imported = await importRows(tx, source, {
        format,
        keys,
        rejections,
        consentMask,
        isReplacing: options.isReplacing ?? false,
        onProgress: (step, rows) =>
          onProgress?.({
            step,
            rows,
            ...(source.bytes > 0 ? { fraction: Math.min(1, bytesRead / source.bytes) } : {}),
          }),
      });
      await rejections.flush();
      return imported;
    });
    await file?.finish();
    await recordRejections(
      database,
      rejections.describe().map((message) => ({ source: 'IMPORT', code: 'BAD_INPUT', message, sku: null })),
    );
    return {
      format: format.name,
      ...result,
      rejections: rejections.list(),
      seconds: Math.round(performance.now() - startedAt) / 1_000,
      peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1_024),
      consentMask,
    };
  } catch (error) {
    await file?.discard();
    throw error;
  }
}

interface RowsOptions {
  readonly format: ImportFormat;
  readonly keys: ShopKeys;
  readonly rejections: Rejections;
  readonly consentMask: number;
  readonly isReplacing: boolean;
  onProgress(step: ImportProgress['step'], rows: number): void;
}

async function importRows(tx: Transaction, source: ImportSource, options: RowsOptions) {
  const { format, rejections } = options;
  await refuseSecondImport(tx);
  if (!options.isReplacing) await refuseOtherShop(tx, format);
  // Sorting half a million rows on disk would take twice as long as in memory.
  await tx.query(`SET LOCAL work_mem = '64MB'`);
  const staged = await stageRows(tx, source.rows, {
    format: format.name,
    pseudonymKey: options.keys.pseudonym,
    rejections,
    onRows: (rows) => options.onProgress('reading', rows),
  });
  options.onProgress('storing', staged.read);
  const rejectStaged = (row: StagedOrigin, rejection: Omit<Rejection, 'kind'>) =>
    rejections.add({ file: staged.files[row.file]!, line: row.line, cells: [row.source_text ?? ''] }, rejection);
  const netted = await netStagedReturns(tx, rejectStaged);
  if (options.isReplacing) await clearShop(tx);
  await settleProducts(tx, format.currency);
  const known = rejections.total;
  await forEachUnknownProduct(tx, (row) =>
    rejectStaged(row, { reason: 'an unknown product', column: 'sku', value: row.sku }),
  );
  const unknown = rejections.total - known;
  const newCustomers = await settleCustomers(tx, options.consentMask);
  const stored = await settleInteractions(tx);
  if (netted.returns > 0) await correctReturnedInteractions(tx);
  await tx.query(
    'INSERT INTO import_run (id, format, started_at, finished_at) VALUES ($1, $2, now(), clock_timestamp())',
    [randomUUID(), format.name],
  );
  await tx.query('ANALYZE product, customer, interaction');
  const outcomes: ImportOutcomes = {
    stored,
    netted: netted.returns + netted.purchases,
    catalogueOnly: staged.catalogueOnly,
    duplicate: staged.interactions - netted.purchases - unknown - stored,
    rejected: rejections.total,
  };
  return { read: staged.read, outcomes, newCustomers };
}
