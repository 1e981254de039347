import {
  ContentScorer,
  type EvaluationSplit,
  type HyperparameterValues,
  PRESETS,
  PRIVATE_PRESETS,
  type PrivateAlgorithm,
  SEARCH_SPACES,
  sampleHyperparameters,
} from '@sotto/recommender/evaluation';
import { createTerminal, type Terminal } from '../terminal.ts';
import { openAmazonBeauty } from './evaluate/amazon-beauty.ts';
import { measureCurve } from './evaluate/curve.ts';
import type { Dataset } from './evaluate/dataset.ts';
import { openDemoShop } from './evaluate/demo-shop.ts';
import { type EvaluationRow, measureModel, measureScorer, secondsSince } from './evaluate/measure.ts';
import { measurePrivateModel } from './evaluate/measure-private.ts';
import { type EvaluatedModel, isPrivate, isTrained } from './evaluate/models.ts';
import { openOnlineRetail } from './evaluate/online-retail.ts';
import { type EvaluateOptions, parseOptions } from './evaluate/options.ts';
import { YARDSTICKS } from './evaluate/published.ts';
import { renderReport } from './evaluate/report.ts';

const SEARCH_SEED = 1;

/**
 * Measures models offline, without a database.
 * @returns the process's exit code
 * @throws AppError BAD_INPUT
 */
export async function run(args: string[]): Promise<number> {
  const options = parseOptions(args);
  const terminal = createTerminal(process.stderr);
  if (options.isCurve) {
    const table = await measureCurve(terminal);
    if (options.isJson) process.stdout.write(`${JSON.stringify(table)}\n`);
    return 0;
  }
  const dataset = await terminal.step(`Reading ${options.dataset}`, () => openDataset(options));
  const rows = await (options.searchTrials === undefined
    ? evaluatePresets(dataset, options, terminal)
    : searchSettings(dataset, options, options.searchTrials, terminal));
  process.stdout.write(options.isJson ? `${JSON.stringify(rows)}\n` : renderReport(dataset, rows));
  return 0;
}

async function openDataset({ dataset, dataPath = '', customers, shopSeed: seed }: EvaluateOptions): Promise<Dataset> {
  if (dataset === 'amazon-beauty') return openAmazonBeauty(dataPath);
  return dataset === 'online-retail' ? openOnlineRetail(dataPath) : openDemoShop({ customers, seed });
}

async function evaluatePresets(
  dataset: Dataset,
  options: EvaluateOptions,
  terminal: Terminal,
): Promise<EvaluationRow[]> {
  const { models, seeds, isRefitted, target, hyperparameters: given } = options;
  const split = dataset.split(target, isRefitted);
  const rows: EvaluationRow[] = [];
  for (const model of withPopularity(dataset, models)) {
    const set = given !== undefined && model === models[0] ? given : undefined;
    if (isPrivate(model)) rows.push(...(await evaluatePrivate(dataset, split, { model, set }, options, terminal)));
    else if (isTrained(model)) {
      const hyperparameters = set ?? PRESETS[dataset.name]![model];
      const measured = await terminal.step(model, (report) =>
        measureModel(dataset, split, { algorithm: model, hyperparameters }, seeds, report),
      );
      rows.push(...measured);
    } else rows.push(...(await terminal.step(model, async () => measureContent(dataset, split, seeds))));
  }
  return rows;
}

/** Every epsilon with every number of releases. */
async function evaluatePrivate(
  dataset: Dataset,
  split: EvaluationSplit,
  { model: algorithm, set }: { readonly model: PrivateAlgorithm; readonly set: HyperparameterValues | undefined },
  { epsilons, releases, seeds }: EvaluateOptions,
  terminal: Terminal,
): Promise<EvaluationRow[]> {
  const hyperparameters = set ?? PRIVATE_PRESETS[dataset.name]?.[algorithm] ?? {};
  const rows: EvaluationRow[] = [];
  for (const epsilon of epsilons) {
    // Private ALS learns from rows at each release; it has no stored statistics to average.
    for (const count of algorithm === 'private-ials' ? [1] : releases) {
      const measured = await terminal.step(`${algorithm}, epsilon ${epsilon}, ${count} releases`, (report) =>
        measurePrivateModel(dataset, split, { algorithm, hyperparameters, epsilon, releases: count }, seeds, report),
      );
      rows.push(...measured);
    }
  }
  return rows;
}

function measureContent(dataset: Dataset, split: EvaluationSplit, seeds: number): EvaluationRow[] {
  return Array.from({ length: seeds }, (_, index) => {
    const startedAt = performance.now();
    const metrics = measureScorer(dataset, split, new ContentScorer(dataset.catalogue), index + 1);
    const { name, protocol } = { name: dataset.name, protocol: split.protocol };
    return {
      dataset: name,
      model: 'content',
      protocol,
      epsilon: null,
      seed: index + 1,
      metrics,
      seconds: secondsSince(startedAt),
    };
  });
}

/** Tries settings on validation, logs each, and returns the best of every model. */
async function searchSettings(
  dataset: Dataset,
  { models }: EvaluateOptions,
  trials: number,
  terminal: Terminal,
): Promise<EvaluationRow[]> {
  const split = dataset.split('validation', false);
  const bestRows: EvaluationRow[] = [];
  for (const algorithm of models) {
    if (!isTrained(algorithm)) continue;
    let best: { readonly row: EvaluationRow; readonly setting: string } | undefined;
    for (const hyperparameters of sampleHyperparameters(SEARCH_SPACES[algorithm], trials, SEARCH_SEED)) {
      const setting = JSON.stringify(hyperparameters);
      const [row] = await terminal.step(
        `${algorithm} ${setting}`,
        (report) => measureModel(dataset, split, { algorithm, hyperparameters }, 1, report),
        ([measured]) => `${dataset.objective} ${measured!.metrics[dataset.objective]!.toFixed(4)}`,
      );
      if (!best || row!.metrics[dataset.objective]! > best.row.metrics[dataset.objective]!)
        best = { row: row!, setting };
    }
    terminal.line(`Best of ${algorithm}: ${best!.setting}`);
    bestRows.push(best!.row);
  }
  return bestRows;
}

/** No model stands without a yardstick: popularity, where nothing is published. */
function withPopularity(dataset: Dataset, models: readonly EvaluatedModel[]): readonly EvaluatedModel[] {
  const hasYardstick = models.includes('popularity') || YARDSTICKS[dataset.name] !== undefined;
  return hasYardstick ? models : ['popularity', ...models];
}
