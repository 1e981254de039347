import { randomUUID } from 'node:crypto';
import { inTransaction, writeArtifact } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { askRelease } from '@sotto/ledger';
import { beforeEach, expect, it } from 'vitest';
import { runAudit } from '../audit.ts';
import { billboardAttack } from './billboard.ts';

const database = useDatabase();
let releaseId: string;

beforeEach(async () => {
  await database.current.pool.query('DELETE FROM model_artifact_chunk');
  await database.current.pool.query('DELETE FROM model_version');
  const request = {
    kind: 'STATISTIC',
    question: {},
    purpose: 'TRAINING',
    askedBy: 'test',
    event: { kind: 'discreteGaussian', variance: '100', sensitivitySquared: '1', dimensions: 'many' },
    epsilon: '0.5',
    delta: '0.000001',
    mechanism: 'discrete Gaussian',
    noiseScale: 10,
    isFresh: true,
  } as const;
  const result = await askRelease(
    database.current,
    request,
    async () => ({ answer: {}, rows: [] }),
    () => new Date(),
  );
  if (result.kind !== 'released') throw new Error(result.kind);
  releaseId = result.release.id;
});

async function activate(version: { releaseIds: string[]; epsilon: string | null }): Promise<string> {
  const id = randomUUID();
  await inTransaction(database.current, async (tx) => {
    await tx.query(
      `INSERT INTO model_version (id, algorithm, status, hyperparameters, privacy_level, requested_by, epsilon, release_ids)
       VALUES ($1, 'private-ease', 'ACTIVE', '{}', 'DIFFERENTIAL', 'test', $2, $3::uuid[])`,
      [id, version.epsilon, version.releaseIds],
    );
    await writeArtifact(tx, id, Uint8Array.of(1, 2, 3));
  });
  return id;
}

async function isKept(): Promise<boolean> {
  const [finding] = await runAudit({ attacks: [billboardAttack(database.current)], size: 'quick' });
  expect(finding).toMatchObject({ attack: 'billboard', claimedEpsilon: null });
  return finding!.passed;
}

it('passes a shop without a model, and one whose model comes from a charged release', async () => {
  expect(await isKept()).toBe(true);
  await activate({ releaseIds: [releaseId], epsilon: '0.5' });
  expect(await isKept()).toBe(true);
});

it.each([
  ['names no release', () => ({ releaseIds: [], epsilon: '0.5' })],
  ['names a release that was never charged', () => ({ releaseIds: [releaseId, randomUUID()], epsilon: '0.5' })],
  ['states less than its release cost', () => ({ releaseIds: [releaseId], epsilon: '0.3' })],
  ['states nothing', () => ({ releaseIds: [releaseId], epsilon: null })],
])('catches a model that %s', async (_name, version) => {
  await activate(version());
  expect(await isKept()).toBe(false);
});

it('catches a model whose bytes were exchanged', async () => {
  const id = await activate({ releaseIds: [releaseId], epsilon: '0.5' });
  await database.current.pool.query('UPDATE model_artifact_chunk SET bytes = $2 WHERE model_version_id = $1', [
    id,
    Buffer.from([1, 2, 4]),
  ]);
  expect(await isKept()).toBe(false);
});
