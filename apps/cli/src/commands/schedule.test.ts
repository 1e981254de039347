import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSetting, trainingSchedule } from '@sotto/database';
import { useDatabase } from '@sotto/database/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { parseScheduleArguments, run } from './schedule.ts';

const database = useDatabase();

it('sets, shows and takes back the schedule', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sotto-schedule-'));
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('SOTTO_DATA_DIR', dataDir);
  const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    output.mockRestore();
    rmSync(dataDir, { recursive: true });
  });
  const said = () => output.mock.calls.at(-1)?.[0];
  await run([]);
  expect(said()).toContain('No training');
  await run(['0 3 * * *', 'ease', '{"lambda": 300}']);
  expect(said()).toContain('"0 3 * * *" (UTC) the worker trains ease {"lambda":300}');
  expect(await readSetting(database.current, trainingSchedule)).toMatchObject({ cron: '0 3 * * *', algorithm: 'ease' });
  await run(['off']);
  expect(await readSetting(database.current, trainingSchedule)).toBeUndefined();
});

it.each([
  [['0 3 * * *'], 'npm run schedule'],
  [['0 3 * * *', 'magic'], 'no algorithm magic'],
  [['daily', 'ease'], 'cron: must be five'],
  [['0 3 * * *', 'ease', '{'], 'not JSON'],
  [['0 3 * * *', 'ease', '[]'], 'hyperparameters'],
  [['0 3 * * *', 'ease', '{"lambda": -1}'], 'lambda'],
  [['0 3 * * *', 'ease', '{}', 'more'], 'npm run schedule'],
])('refuses %j', (args, message) => {
  expect(() => parseScheduleArguments(args)).toThrow(message);
});
