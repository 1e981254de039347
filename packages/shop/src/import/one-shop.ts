import { MODEL_CHANNEL, notify, type Transaction } from '@sotto/database';
import { CATALOGUE_CHANNEL } from '../catalogue.ts';
import { AppError } from '../errors.ts';
import type { Queryable } from '../people.ts';
import type { ImportFormat } from './format.ts';
import { OWN_SHOP } from './formats/own-files.ts';

/** Any number that nothing else locks. */
const IMPORT_LOCK = 7_305_811;

/** Formats whose data a shop brings itself: they may add to what came by the API. */
const OWN_FORMATS: readonly string[] = ['csv', 'jsonl'];

/**
 * Everything that is of one shop's customers and products. What the operator set (keys, placements, settings) stays, and
 * so does the privacy ledger: budgets are never reset, and old answers stay what they were. Statistics go, since models
 * of the new shop must not learn from them.
 */
const SHOP_TABLES = [
  'interaction',
  'impression',
  'consent_change',
  'visitor',
  'customer',
  'model_artifact_chunk',
  'training_point',
  'training_log',
  'model_metric',
  'model_version',
  'segmentation',
  'statistic_chunk',
  'statistic',
  'product',
  'rejection',
  'import_run',
] as const;

/** @throws AppError CONFLICT while another import is running */
export async function refuseSecondImport(tx: Transaction): Promise<void> {
  const { rows } = await tx.query<{ isFree: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS "isFree"', [
    IMPORT_LOCK,
  ]);
  if (!rows[0]!.isFree) throw new AppError('CONFLICT', 'another import into this database is running');
}

/**
 * One database is one shop.
 * @throws AppError CONFLICT when it holds customers or products of another
 */
export async function refuseOtherShop(tx: Transaction, format: ImportFormat): Promise<void> {
  if (await isShopEmpty(tx)) return;
  const { rows } = await tx.query<{ format: string }>('SELECT format FROM import_run ORDER BY started_at DESC LIMIT 1');
  const last = rows[0]?.format ?? null;
  const family = last === null || OWN_FORMATS.includes(last) ? OWN_SHOP : last;
  if (family !== format.family)
    throw new AppError(
      'CONFLICT',
      `this database holds another shop (${family}); import ${format.name} with --replace to empty it first`,
    );
}

/** Whether the database holds no customer and no product. */
export async function isShopEmpty(database: Queryable): Promise<boolean> {
  const { rows } = await database.query<{ isEmpty: boolean }>(
    'SELECT NOT EXISTS (SELECT 1 FROM customer) AND NOT EXISTS (SELECT 1 FROM product) AS "isEmpty"',
  );
  return rows[0]!.isEmpty;
}

/** Empties the shop. Rows are deleted, not truncated, so that gateways read the old shop until the new one is there. */
export async function clearShop(tx: Transaction): Promise<void> {
  // Consent history goes with its people here; else the database keeps it from being deleted.
  await tx.query("SET LOCAL sotto.erasing = 'on'");
  for (const table of SHOP_TABLES) await tx.query(`DELETE FROM ${table}`);
  await tx.query("SET LOCAL sotto.erasing = 'off'");
  await notify(tx, CATALOGUE_CHANNEL, '');
  await notify(tx, MODEL_CHANNEL, '');
}
