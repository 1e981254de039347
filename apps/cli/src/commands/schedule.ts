import { parseArgs } from 'node:util';
import { readSetting, type TrainingSchedule, trainingSchedule, writeSetting } from '@sotto/database';
import { AppError } from '@sotto/shop';
import { InvalidTrainingError, parseTraining } from '@sotto/training';
import { openShop } from '../shop.ts';

const USAGE = `npm run schedule                                          what is scheduled
npm run schedule -- "0 3 * * *" private-ials --epsilon 0.5   train at 3:00 UTC every day, then activate
npm run schedule -- off                                   no more
  --epsilon          what each run's own release may cost; left out, it learns from stored releases at no further cost
  --without-privacy  for a model that is not differentially private: "0 3 * * *" ease '{"lambda": 300}' --without-privacy`;

/** `npm run schedule`: when the worker trains a model again by itself. */
export async function run(args: string[]): Promise<number> {
  const change = parseScheduleArguments(args);
  const shop = await openShop();
  try {
    if (change !== 'show') await writeSetting(shop.database, trainingSchedule, change);
    process.stdout.write(`${describeSchedule(await readSetting(shop.database, trainingSchedule))}\n`);
    return 0;
  } finally {
    await shop.close();
  }
}

/**
 * @returns what to store, null to take the schedule back, 'show' to change nothing
 * @throws AppError that says what is wrong
 */
export function parseScheduleArguments(args: readonly string[]): TrainingSchedule | null | 'show' {
  const { values, positionals } = parseOrExplain(args);
  const [cron, algorithm, text = '{}', ...more] = positionals;
  const { epsilon, 'without-privacy': withoutPrivacy = false } = values;
  if (cron === undefined && args.length === 0) return 'show';
  if (cron === 'off' && args.length === 1) return null;
  if (cron === undefined || algorithm === undefined || more.length > 0) throw misused('A cron and a model are needed.');
  try {
    const { hyperparameters } = parseTraining({ algorithm, hyperparameters: parseJson(text), epsilon, withoutPrivacy });
    const parsed = trainingSchedule.schema.safeParse({ cron, algorithm, hyperparameters, epsilon, withoutPrivacy });
    if (parsed.success) return parsed.data;
    throw new AppError('BAD_INPUT', parsed.error.issues.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  } catch (error) {
    if (!(error instanceof InvalidTrainingError)) throw error;
    throw new AppError('BAD_INPUT', `${OPTION_OF[error.path] ?? error.path}: ${error.message}`, { path: error.path });
  }
}

/** How a parameter is written here. */
const OPTION_OF: Readonly<Record<string, string>> = { epsilon: '--epsilon', withoutPrivacy: '--without-privacy' };

function parseOrExplain(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { epsilon: { type: 'string' }, 'without-privacy': { type: 'boolean' } },
    });
  } catch (error) {
    throw misused((error as Error).message);
  }
}

function misused(what: string): AppError {
  return new AppError('BAD_INPUT', `${what} Use it like this:\n${USAGE}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('BAD_INPUT', `The hyperparameters are not JSON: ${text}`, { cause });
  }
}

function describeSchedule(schedule: TrainingSchedule | undefined): string {
  if (!schedule) return 'No training is scheduled.';
  const { cron, algorithm, hyperparameters, epsilon, withoutPrivacy } = schedule;
  const trains = `At "${cron}" (UTC) the worker trains ${algorithm} ${JSON.stringify(hyperparameters)} and activates it`;
  if (withoutPrivacy) return `${trains}, without privacy.`;
  return epsilon === undefined
    ? `${trains}, from stored releases, which costs nothing more.`
    : `${trains}. Each run's release costs epsilon ${epsilon} alone, until the budget cannot pay.`;
}
