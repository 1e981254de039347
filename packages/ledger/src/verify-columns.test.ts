import { useDatabase } from '@sotto/database/testing';
import { expect, it } from 'vitest';
import { verifyLedger } from './index.ts';
import { bypassTriggers, emptyLedger } from './testing/bypass.ts';
import { fillLedger } from './testing/requests.ts';

const database = useDatabase();

/** SQL of another value of a column, by its type. */
const OTHER_VALUES: Readonly<Record<string, (column: string) => string>> = {
  uuid: () => 'gen_random_uuid()',
  smallint: (column) => `${column} + 1`,
  integer: (column) => `${column} + 1`,
  numeric: (column) => `${column} + 0.5`,
  'double precision': (column) => `${column} + 0.5`,
  'timestamp with time zone': (column) => `${column} + interval '1 millisecond'`,
  bytea: (column) => `sha256(${column})`,
  character: () => "'2031-01'",
  text: (column) => `${column} || ' '`,
  jsonb: (column) => `jsonb_build_array(${column})`,
  ARRAY: (column) => `array_append(${column}, '2031-01')`,
  'USER-DEFINED': (column) => (column === 'purpose' ? "'METRICS'" : "'RESERVED'"),
};

/** The row of each table that is changed. */
const ROWS = {
  privacy_cohort: "cohort = '2026-02'",
  ledger_entry: "cohort = '2026-02' AND sequence = 3",
  reservation: "kind = 'released'",
} as const;

/** When a reservation was started is for reading; that it was is not. */
const FREE_COLUMNS = ['reservation.started_at'];

it('finds another value in whatever column', async () => {
  const { rows: columns } = await database.current.pool.query<{
    table: keyof typeof ROWS;
    column: string;
    type: string;
  }>(
    `SELECT table_name AS table, column_name AS column, data_type AS type FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = ANY($1)`,
    [Object.keys(ROWS)],
  );
  const unnoticed: string[] = [];
  for (const { table, column, type } of columns) {
    await emptyLedger(database.current);
    await fillLedger(database.current);
    await bypassTriggers(
      database.current,
      `UPDATE ${table} SET ${column} = ${OTHER_VALUES[type]!(column)} WHERE ${ROWS[table]}`,
    );
    const { valid } = await verifyLedger(database.current);
    if (valid) unnoticed.push(`${table}.${column}`);
  }
  expect(unnoticed).toEqual(FREE_COLUMNS);
  expect(columns.length).toBeGreaterThan(35);
});
