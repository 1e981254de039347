import { parseArgs } from 'node:util';
import {
  type HyperparameterValues,
  InvalidHyperparameters,
  parseHyperparameters,
  parsePrivateHyperparameters,
} from '@sotto/recommender/evaluation';
import { AppError } from '@sotto/shop';
import { DATASETS, type DatasetName } from './dataset.ts';
import { type EvaluatedModel, isPrivate, isTrained, MODELS, MODELS_BESIDE_PRIVATE, PUBLIC_MODELS } from './models.ts';

export const USAGE = `npm run evaluate -- <${DATASETS.join(' | ')}> --data <path> --models a,b
  --data <path>    the file or folder; demo-shop is generated and needs none
  --models a,b     of ${MODELS.join(', ')};
                   unless told all without privacy, with --epsilon ${MODELS_BESIDE_PRIVATE.join(', ')}
  --epsilon 1,inf  of each release that a private model learns from, at delta 1e-6; inf: without noise to speak of
  --releases 1,4   learn from so many weekly releases of a statistic, each at that epsilon; 1 unless told
  --customers <n>  of the demo shop; 20,000 unless told
  --shop <n>       seed of the demo shop; 1 unless told
  --seeds <n>      repeat with seeds 1 to n; 1 unless told
  --refit          amazon-beauty: fit on train and validation before the test
  --set '{…}'      hyperparameters of the one model named, instead of the data set's preset
  --on <part>      ask for the test (unless told) or the validation part
  --search <n>     try n settings of each model's search space on validation, never on the test
  --curve          demo-shop: measure shops of several sizes and write docs/privacy-utility.md and what advise reads
  --json           one JSON value on stdout, all else on stderr`;

export interface EvaluateOptions {
  readonly dataset: DatasetName;
  readonly dataPath: string | undefined;
  readonly models: readonly EvaluatedModel[];
  /** Exact decimals, or "inf"; empty without private models. */
  readonly epsilons: readonly string[];
  readonly releases: readonly number[];
  /** Of the demo shop. */
  readonly customers: number | undefined;
  readonly shopSeed: number | undefined;
  readonly seeds: number;
  readonly isRefitted: boolean;
  readonly target: 'test' | 'validation';
  /** Of the only model; undefined takes the preset. */
  readonly hyperparameters: HyperparameterValues | undefined;
  /** Settings tried of each model; undefined evaluates the presets on the test. */
  readonly searchTrials: number | undefined;
  /** Write the curve of utility against customers and epsilon. */
  readonly isCurve: boolean;
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
  const models = parseModels(
    values.models ?? (values.epsilon === undefined ? PUBLIC_MODELS : MODELS_BESIDE_PRIVATE).join(','),
  );
  const epsilons = parseEpsilons(models, values.epsilon);
  if (values.search !== undefined && !models.every(isTrained))
    throw new AppError(
      'BAD_INPUT',
      '--search is for models that learn from rows; try others with --set and --on validation.',
      {
        path: 'search',
      },
    );
  return {
    dataset,
    dataPath: values.data,
    models,
    epsilons,
    releases: parseReleases(models, values.releases),
    customers: values.customers === undefined ? undefined : parseCount('customers', values.customers, 1_000_000),
    shopSeed: values.shop === undefined ? undefined : parseCount('shop', values.shop, 1_000_000),
    seeds: parseCount('seeds', values.seeds ?? '1', 100),
    isRefitted: values.refit,
    target: parseTarget(values.on ?? 'test'),
    hyperparameters: values.set === undefined ? undefined : parseSetting(models, values.set),
    searchTrials: values.search === undefined ? undefined : parseCount('search', values.search, 1_000),
    isCurve: values.curve,
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
        epsilon: { type: 'string' },
        releases: { type: 'string' },
        customers: { type: 'string' },
        shop: { type: 'string' },
        seeds: { type: 'string' },
        set: { type: 'string' },
        on: { type: 'string' },
        refit: { type: 'boolean', default: false },
        search: { type: 'string' },
        curve: { type: 'boolean', default: false },
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
function refuseIdleOptions(dataset: DatasetName, values: Arguments): void {
  const { data, seeds, refit, set, on, search, epsilon, customers, shop, curve } = values;
  const refuse = (path: string, message: string) => {
    throw new AppError('BAD_INPUT', message, { path });
  };
  if (data !== undefined && dataset === 'demo-shop') refuse('data', 'demo-shop is generated: --data does nothing.');
  if (refit && dataset !== 'amazon-beauty') {
    refuse('refit', `--refit is for amazon-beauty: ${dataset} is always fitted on all before the window.`);
  }
  if (refit && on === 'validation') refuse('refit', '--refit adds the validation part, so it cannot be asked for.');
  const idleSize = Object.entries({ customers, shop }).find(([, value]) => value !== undefined);
  if (idleSize && dataset !== 'demo-shop')
    refuse(idleSize[0], `--${idleSize[0]} is for the demo shop, which is generated.`);
  if (curve && dataset !== 'demo-shop')
    refuse('curve', '--curve is for the demo shop, which has any number of customers.');
  const others = Object.keys(values).filter((name) => !['curve', 'refit', 'json'].includes(name));
  if (curve && others.length > 0)
    refuse(others[0]!, `--curve measures what it always does: --${others[0]} does nothing.`);
  if (search === undefined) return;
  const idle = Object.entries({ seeds, set, on, epsilon, refit: refit || undefined }).find(
    ([, value]) => value !== undefined,
  );
  if (idle)
    refuse(idle[0], `--search tries settings of its own, on validation and one seed: --${idle[0]} does nothing.`);
}

function parseTarget(text: string): EvaluateOptions['target'] {
  if (text === 'test' || text === 'validation') return text;
  throw new AppError('BAD_INPUT', '--on is test or validation.', { path: 'on' });
}

/** All hyperparameters of the model, defaults filled in. */
function parseSetting(models: readonly EvaluatedModel[], text: string): HyperparameterValues {
  const [model, ...others] = models;
  if (model === undefined || others.length > 0) {
    throw new AppError('BAD_INPUT', '--set is for one model: name it with --models.', { path: 'set' });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isPrivate(model)) return { ...parsePrivateHyperparameters(model, value) };
    if (isTrained(model)) return { ...parseHyperparameters(model, value) };
    throw new InvalidHyperparameters('', `${model} has no hyperparameters.`);
  } catch (cause) {
    if (cause instanceof SyntaxError)
      throw new AppError('BAD_INPUT', '--set is a JSON object.', { path: 'set', cause });
    if (!(cause instanceof InvalidHyperparameters)) throw cause;
    throw new AppError('BAD_INPUT', `--set: ${cause.message}`, { path: 'set', cause });
  }
}

function parseModels(list: string): EvaluatedModel[] {
  const names = [...new Set(list.split(',').map((name) => name.trim()))];
  return names.map((name) => {
    const model = MODELS.find((each) => each === name);
    if (model) return model;
    throw new AppError('BAD_INPUT', `There is no model "${name}"; there are: ${MODELS.join(', ')}.`, {
      path: 'models',
    });
  });
}

/** @throws AppError BAD_INPUT */
function parseEpsilons(models: readonly EvaluatedModel[], list: string | undefined): string[] {
  const isAsked = models.some(isPrivate);
  if (list === undefined) {
    if (!isAsked) return [];
    throw new AppError('BAD_INPUT', 'A private model needs --epsilon: what each release costs.', { path: 'epsilon' });
  }
  if (!isAsked) throw new AppError('BAD_INPUT', '--epsilon is for private models: name one.', { path: 'epsilon' });
  return list.split(',').map((text) => {
    const epsilon = text.trim();
    if (
      epsilon === 'inf' ||
      (/^\d{1,4}(\.\d{1,6})?$/.test(epsilon) && Number(epsilon) >= 0.001 && Number(epsilon) <= 1_000)
    )
      return epsilon;
    throw new AppError('BAD_INPUT', '--epsilon is a list of decimals from 0.001 to 1000, or inf.', { path: 'epsilon' });
  });
}

/** @throws AppError BAD_INPUT */
function parseReleases(models: readonly EvaluatedModel[], list: string | undefined): number[] {
  if (list !== undefined && !models.some(isPrivate))
    throw new AppError('BAD_INPUT', '--releases is for private models: name one.', { path: 'releases' });
  return (list ?? '1').split(',').map((text) => parseCount('releases', text.trim(), 52));
}

function parseCount(name: string, text: string, maximum: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= maximum) return count;
  throw new AppError('BAD_INPUT', `--${name} is a whole number from 1 to ${maximum}.`, { path: name });
}

function isDataset(name: string | undefined): name is DatasetName {
  return DATASETS.some((dataset) => dataset === name);
}
