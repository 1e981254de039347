import { expect, it } from 'vitest';
import { listAttackReports, recordAttackReport } from './attack-reports.ts';
import { useDatabase } from './testing/index.ts';

const database = useDatabase();
const row = { attack: 'lattice', target: 'laplace', claimedEpsilon: 1, empiricalEpsilonLower: 0.8, passed: true };

it('keeps reports, newest first; one passed when each of its rows did', async () => {
  const { id } = await recordAttackReport(database.current, [row]);
  await database.current.pool.query("UPDATE attack_report SET at = at - interval '1 second'");
  const bad = await recordAttackReport(database.current, [row, { ...row, claimedEpsilon: null, passed: false }]);
  expect(await listAttackReports(database.current, { first: 5 })).toMatchObject([
    bad,
    { id, rows: [row], passed: true },
  ]);
  expect(bad.passed).toBe(false);
  expect(await listAttackReports(database.current, { first: 1 })).toEqual([bad]);
});

it('takes no report of nothing, nor a row that is none', async () => {
  await expect(recordAttackReport(database.current, [])).rejects.toThrow();
  await expect(recordAttackReport(database.current, [{ ...row, claimedEpsilon: Number.NaN }])).rejects.toThrow();
});
