import { inTransaction } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { reserve } from '@sotto/ledger';
import { gaussianDelta } from '@sotto/privacy';
import { expect, it } from 'vitest';
import { composeLineage } from './lineage.ts';
import { composeReleaseRequest } from './release-request.ts';

const database = useDatabase();

async function reserveStatistic(epsilon: string): Promise<string> {
  return inTransaction(database.current, async (tx) => {
    const planned = { algorithm: 'private-ease', hyperparameters: {}, previousReleaseId: undefined, askedBy: 'test' };
    const request = await composeReleaseRequest(tx, { ...planned, algorithm: 'private-ease', epsilon });
    const result = await reserve(tx, request, new Date());
    if (result.kind !== 'reserved') throw new Error(result.kind);
    return result.reservation.id;
  });
}

it('is what one release was priced at, and what several amount to together', async () => {
  const ids = [];
  for (let i = 0; i < 4; i++) ids.push(await reserveStatistic('1'));
  const one = await composeLineage(database.current, ids.slice(0, 1));
  expect(one).toEqual({ releaseIds: ids.slice(0, 1), epsilon: '1', delta: '0.000001' });
  const four = await composeLineage(database.current, ids);
  expect(four).toMatchObject({ releaseIds: ids, delta: '0.000001' });
  const epsilon = Number(four.epsilon);
  // Four Gaussians of sigma 4.2247 are one of half of it, whose exact curve no bound may undercut.
  expect(gaussianDelta({ sigma: 4.2247 / 2, sensitivity: 1, epsilon })).toBeLessThan(1e-6);
  // The bound is within a tenth of the exact 2.1229, and far below the sum of the epsilons.
  expect(epsilon).toBeGreaterThan(2.12);
  expect(epsilon).toBeLessThan(2.34);
});

it('does not tell the cost of a release that nobody paid', async () => {
  await expect(composeLineage(database.current, [crypto.randomUUID()])).rejects.toThrow('without its reservation');
});
