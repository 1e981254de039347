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
  await run(['0 3 * * *', 'private-ease', '--epsilon', '0.5']);
  expect(said()).toContain('trains private-ease {} and activates it');
  expect(said()).toContain('costs epsilon 0.5');
  expect(await readSetting(database.current, trainingSchedule)).toMatchObject({
    cron: '0 3 * * *',
    algorithm: 'private-ease',
    epsilon: '0.5',
    withoutPrivacy: false,
  });
  await run(['0 3 * * *', 'private-popularity']);
  expect(said()).toContain('costs nothing more');
  await run(['0 3 * * *', 'ease', '{"lambda": 300}', '--without-privacy']);
  expect(said()).toContain('"0 3 * * *" (UTC) the worker trains ease {"lambda":300}');
  expect(said()).toContain('without privacy');
  await run(['off']);
  expect(await readSetting(database.current, trainingSchedule)).toBeUndefined();
});

it.each([
  [['0 3 * * *'], 'npm run schedule'],
  [['0 3 * * *', 'magic'], 'no such algorithm'],
  [['daily', 'ease', '--without-privacy'], 'cron: must be five'],
  [['0 3 * * *', 'ease'], '--without-privacy: ease is not differentially private: train private-ease'],
  [['0 3 * * *', 'ease', '--epsilon', '1', '--without-privacy'], '--epsilon'],
  [['0 3 * * *', 'private-ease', '--without-privacy'], '--without-privacy'],
  [['0 3 * * *', 'private-ease', '--epsilon', '0'], '--epsilon: must be from 0.01'],
  [['0 3 * * *', 'private-ease', '--epsilon', '1e9'], '--epsilon: must be a decimal'],
  [['0 3 * * *', 'private-ease', '--epsilon'], 'npm run schedule'],
  [['0 3 * * *', 'ease', '{', '--without-privacy'], 'not JSON'],
  [['0 3 * * *', 'ease', '[]', '--without-privacy'], 'hyperparameters'],
  [['0 3 * * *', 'ease', '{"lambda": -1}', '--without-privacy'], 'lambda'],
  [['0 3 * * *', 'ease', '{}', 'more'], 'npm run schedule'],
])('refuses %j', (args, message) => {
  expect(() => parseScheduleArguments(args)).toThrow(message);
});
