import { readSetting, type TrainingSchedule, trainingSchedule, writeSetting } from '@sotto/database';
import { ALGORITHMS, type Algorithm, InvalidHyperparameters, parseHyperparameters } from '@sotto/recommender/serving';
import { AppError } from '@sotto/shop';
import { openShop } from '../shop.ts';

const USAGE = `npm run schedule                                        what is scheduled
npm run schedule -- "0 3 * * *" ease '{"lambda": 300}'   train at 3:00 UTC every day, then activate
npm run schedule -- off                                 no more`;

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
  const [cron, algorithm, text = '{}', ...more] = args;
  if (cron === undefined) return 'show';
  if (cron === 'off' && algorithm === undefined) return null;
  if (algorithm === undefined || more.length > 0) throw new AppError('BAD_INPUT', `Use it like this:\n${USAGE}`);
  if (!ALGORITHMS.some((known) => known === algorithm))
    throw new AppError('BAD_INPUT', `There is no algorithm ${algorithm}; there are: ${ALGORITHMS.join(', ')}.`);
  const parsed = trainingSchedule.schema.safeParse({ cron, algorithm, hyperparameters: parseJson(text) });
  if (!parsed.success)
    throw new AppError('BAD_INPUT', parsed.error.issues.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  try {
    parseHyperparameters(algorithm as Algorithm, parsed.data.hyperparameters);
  } catch (error) {
    if (error instanceof InvalidHyperparameters) throw new AppError('BAD_INPUT', error.message, { path: error.path });
    throw error;
  }
  return parsed.data;
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
  const { cron, algorithm, hyperparameters } = schedule;
  return `At "${cron}" (UTC) the worker trains ${algorithm} ${JSON.stringify(hyperparameters)} and activates it.`;
}
