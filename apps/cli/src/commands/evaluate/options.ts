import { parseArgs } from 'node:util';
import { ALGORITHMS, type Algorithm } from '@sotto/recommender/evaluation';
import { AppError } from '@sotto/shop';
import { DATASETS, type DatasetName } from './dataset.ts';

export const USAGE = `npm run evaluate -- <${DATASETS.join(' | ')}> --data <path> --models a,b
  --data <path>    the file or folder; demo-shop is generated and needs none
  --models a,b     of ${ALGORITHMS.join(', ')}; all unless told
  --seeds <n>      repeat with seeds 1 to n; 1 unless told
  --refit          amazon-beauty: fit on train and validation before the test
  --search <n>     try n settings of each model's search space on validation, never on the test
  --json           one JSON value on stdout, all else on stderr`;

export interface EvaluateOptions {
  readonly dataset: DatasetName;
  readonly dataPath: string | undefined;
  readonly models: readonly Algorithm[];
  readonly seeds: number;
  readonly isRefitted: boolean;
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
  return {
    dataset,
    dataPath: values.data,
    models: parseModels(values.models),
    seeds: parseCount('seeds', values.seeds, 100),
    isRefitted: values.refit,
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
        models: { type: 'string', default: ALGORITHMS.join(',') },
        seeds: { type: 'string', default: '1' },
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
