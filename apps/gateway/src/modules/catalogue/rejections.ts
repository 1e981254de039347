import { type Database, recordRejections } from '@sotto/database';
import type { RejectedProduct } from '@sotto/shop';

const MAX_SKU_LENGTH = 128;

/** Keeps why products were refused, for recentRejections. */
export async function recordProductRejections(
  database: Database,
  inputs: readonly { readonly sku: string }[],
  rejected: readonly RejectedProduct[],
): Promise<void> {
  await recordRejections(
    database,
    rejected.map(({ index, code, message }) => {
      const { sku } = inputs[index]!;
      const isStorable = sku.length <= MAX_SKU_LENGTH && !sku.includes('\0');
      return { source: 'UPSERT_PRODUCTS', code, message, sku: isStorable ? sku : null };
    }),
  );
}
