import { z } from 'zod';
import type { Database } from './client.ts';
import type { Transaction } from './transaction.ts';

/** Something the operator sets for the whole shop. */
export interface Setting<Schema extends z.ZodType> {
  readonly name: string;
  readonly schema: Schema;
}

/**
 * @returns undefined when it was never set, or was taken back
 * @throws Error naming the setting when what is stored does not fit it
 */
export async function readSetting<Schema extends z.ZodType>(
  from: Pick<Database, 'pool'> | Transaction,
  setting: Setting<Schema>,
): Promise<z.output<Schema> | undefined> {
  const connection = 'pool' in from ? from.pool : from;
  const { rows } = await connection.query('SELECT value FROM shop_setting WHERE name = $1', [setting.name]);
  if (rows.length === 0) return undefined;
  const parsed = setting.schema.safeParse(rows[0].value);
  if (!parsed.success)
    throw new Error(`The stored setting ${setting.name} is not valid: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/**
 * @param value null takes the setting back
 * @throws ZodError when the value does not fit the setting
 */
export async function writeSetting<Schema extends z.ZodType>(
  database: Pick<Database, 'pool'>,
  setting: Setting<Schema>,
  value: z.input<Schema> | null,
): Promise<void> {
  if (value === null) {
    await database.pool.query('DELETE FROM shop_setting WHERE name = $1', [setting.name]);
    return;
  }
  await database.pool.query(
    `INSERT INTO shop_setting (name, value) VALUES ($1, $2::jsonb)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()`,
    [setting.name, JSON.stringify(setting.schema.parse(value))],
  );
}
