import { parseArgs } from 'node:util';
import {
  ALGORITHMS,
  type Algorithm,
  type HyperparameterValues,
  InvalidHyperparameters,
  parseHyperparameters,
} from '@sotto/recommender/evaluation';
import { AppError } from '@sotto/shop';
import { DATASETS, type DatasetName } from './dataset.ts';

export const USAGE = `npm run evaluate -- <${DATASETS.join(' | ')}> --data <path> --models a,b
  --data <path>    the file or folder; demo-shop is generated and needs none
  --models a,b     of ${ALGORITHMS.join(', ')}; all unless told
  --seeds <n>      repeat with seeds 1 to n; 1 unless told
  --refit          amazon-beauty: fit on train and validation before the test
  --set '{…}'      hyperparameters of the one model named, instead of the data set's preset
  --on <part>      ask for the test (unless told) or the validation part
  --search <n>     try n settings of each model's search space on validation, never on the test
  --json           one JSON value on stdout, all else on stderr`;

export interface EvaluateOptions {
  readonly dataset: DatasetName;
  readonly dataPath: string | undefined;
  readonly models: readonly Algorithm[];
  readonly seeds: number;
  readonly isRefitted: boolean;
  readonly target: 'test' | 'validation';
  /** Of the only model; undefined takes the preset. */
  readonly hyperparameters: HyperparameterValues | undefined;
  /** Settings tried of each model; undefined evaluates the presets on the test. */
  readonly searchTrials: number | undefined;
  readonly isJson: boolean;
}

/** @throws AppError BAD_INPUT */
export function parseOptions(args: string[]): EvaluateOptions {
  const { values, positionals } = parseArguments(args);
  const [dataset, ...rest] = positionals;
  if (!isDataset(dataset) || rest.length > 0) {
    throw new AppError('BAD_INPUT', `Name one data set: ${DATASETS.join(', ')}.\n\n${USAGE}`, { path: 'dataset' });
  }
  if (dataset !== 'demo-shop' && values.data === undefined) {
    throw new AppError('BAD_INPUT', `${dataset} needs --data <path>.`, { path: 'data' });
  }
  refuseIdleOptions(dataset, values);
  const models = parseModels(values.models ?? ALGORITHMS.join(','));
  return {
    dataset,
    dataPath: values.data,
    models,
    seeds: parseCount('seeds', values.seeds ?? '1', 100),
    isRefitted: values.refit,
    target: parseTarget(values.on ?? 'test'),
    hyperparameters: values.set === undefined ? undefined : parseSetting(models, values.set),
    searchTrials: values.search === undefined ? undefined : parseCount('search', values.search, 1_000),
    isJson: values.json,
  };
}

function parseArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        models: { type: 'string' },
        seeds: { type: 'string' },
        set: { type: 'string' },
        on: { type: 'string' },
        refit: { type: 'boolean', default: false },
        search: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    // parseArgs names the option that it does not know.
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('BAD_INPUT', `${message}\n\n${USAGE}`, { cause });
  }
}

type Arguments = ReturnType<typeof parseArguments>['values'];

/** An option that would change nothing is a misunderstanding, and its figures would be taken for others. */
function refuseIdleOptions(dataset: DatasetName, { data, seeds, refit, set, on, search }: Arguments): void {
  const refuse = (path: string, message: string) => {
    throw new AppError('BAD_INPUT', message, { path });
  };
  if (data !== undefined && dataset === 'demo-shop') refuse('data', 'demo-shop is generated: --data does nothing.');
  if (refit && dataset !== 'amazon-beauty') {
    refuse('refit', `--refit is for amazon-beauty: ${dataset} is always fitted on all before the window.`);
  }
  if (refit && on === 'validation') refuse('refit', '--refit adds the validation part, so it cannot be asked for.');
  if (search === undefined) return;
  const idle = Object.entries({ seeds, set, on, refit: refit || undefined }).find(([, value]) => value !== undefined);
  if (idle)
    refuse(idle[0], `--search tries settings of its own, on validation and one seed: --${idle[0]} does nothing.`);
}

function parseTarget(text: string): EvaluateOptions['target'] {
  if (text === 'test' || text === 'validation') return text;
  throw new AppError('BAD_INPUT', '--on is test or validation.', { path: 'on' });
}

/** All hyperparameters of the model, defaults filled in. */
function parseSetting(models: readonly Algorithm[], text: string): HyperparameterValues {
  const [model, ...others] = models;
  if (model === undefined || others.length > 0) {
    throw new AppError('BAD_INPUT', '--set is for one model: name it with --models.', { path: 'set' });
  }
  try {
    return { ...parseHyperparameters(model, JSON.parse(text)) };
  } catch (cause) {
    if (cause instanceof SyntaxError)
      throw new AppError('BAD_INPUT', '--set is a JSON object.', { path: 'set', cause });
    if (!(cause instanceof InvalidHyperparameters)) throw cause;
    throw new AppError('BAD_INPUT', `--set: ${cause.message}`, { path: 'set', cause });
  }
}

function parseModels(list: string): Algorithm[] {
  const names = [...new Set(list.split(',').map((name) => name.trim()))];
  return names.map((name) => {
    const model = ALGORITHMS.find((algorithm) => algorithm === name);
    if (model) return model;
    throw new AppError('BAD_INPUT', `There is no model "${name}"; there are: ${ALGORITHMS.join(', ')}.`, {
      path: 'models',
    });
  });
}

function parseCount(name: string, text: string, maximum: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= maximum) return count;
  throw new AppError('BAD_INPUT', `--${name} is a whole number from 1 to ${maximum}.`, { path: name });
}

function isDataset(name: string | undefined): name is DatasetName {
  return DATASETS.some((dataset) => dataset === name);
}
