import { randomUUID } from 'node:crypto';
import { listAttackReports, runAttacksJob } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { afterEach, expect, it, vi } from 'vitest';
import { spawnWorker, type WorkerProcess } from './worker-process.ts';

const database = useDatabase();
const workers: WorkerProcess[] = [];
/** Ten seconds where nothing else runs. */
const LONGEST_MS = 120_000;

afterEach(async () => {
  for (const { child } of workers) child.kill('SIGKILL');
  await Promise.all(workers.map(({ ended }) => ended));
  workers.length = 0;
});

it(
  'attacks at night, once for all workers, keeps the report and says loudly what is broken',
  async () => {
    // A model in service that nobody paid for: the one promise that is broken.
    await database.current.prisma.modelVersion.create({
      data: {
        id: randomUUID(),
        algorithm: 'private-ease',
        status: 'ACTIVE',
        hyperparameters: {},
        privacyLevel: 'DIFFERENTIAL',
        requestedBy: 'test',
      },
    });
    // As the queue's scheduler does it at the minute of the night.
    await database.current.pool.query(
      `SELECT graphile_worker.add_job($1, payload => json_build_object('_cron', json_build_object('ts', now())))`,
      [runAttacksJob.name],
    );
    const worker = spawnWorker({ DATABASE_URL: database.url });
    workers.push(worker);
    const reports = () => listAttackReports(database.current, { first: 10 });
    await vi.waitFor(async () => expect(await reports(), worker.errors.join('\n')).toHaveLength(1), LONGEST_MS);
    const [report] = await reports();
    expect(report!.passed).toBe(false);
    expect(report!.rows.filter(({ passed }) => !passed)).toMatchObject([{ attack: 'billboard' }]);
    const attacks = new Set(report!.rows.map(({ attack }) => attack));
    expect([...attacks].sort()).toEqual([
      'billboard',
      'chain-verification',
      'lattice-leak',
      'membership-inference',
      'sampler-fit',
    ]);
    const told = { msg: 'a privacy promise is broken', attack: 'billboard', attackReportId: report!.id };
    await vi.waitFor(() => expect(worker.logs).toContainEqual(expect.objectContaining(told)));
    const { rows } = await database.current.pool.query(
      'SELECT FROM graphile_worker._private_known_crontabs WHERE identifier = $1',
      [runAttacksJob.name],
    );
    expect(rows).toHaveLength(1);
  },
  LONGEST_MS,
);
