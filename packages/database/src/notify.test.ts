import { expect, it, vi } from 'vitest';
import { listen, notify } from './notify.ts';
import { useDatabase } from './testing/index.ts';

const database = useDatabase();
const eventually = (check: () => void) => vi.waitFor(check, 10_000);

it('brings hints, and finds its way back after the connection was cut', async () => {
  const { pool } = database.current;
  const hints: string[] = [];
  const listener = await listen(database.url, ['sotto_a', 'sotto_b'], (channel, payload) =>
    hints.push(`${channel} ${payload}`),
  );
  await notify(pool, 'sotto_a', 'one');
  await notify(pool, 'sotto_other', 'not for us');
  await eventually(() => expect(hints).toEqual(['sotto_a one']));
  await pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'sotto-listen'`,
  );
  await eventually(() => expect(hints).toEqual(['sotto_a one', 'sotto_a ', 'sotto_b ']));
  await notify(pool, 'sotto_b', 'two');
  await eventually(() => expect(hints.at(-1)).toBe('sotto_b two'));
  await listener.close();
  await expect(listen('postgresql://nobody:x@127.0.0.1:1/none', [], () => undefined)).rejects.toThrow();
});
