import { PRESETS, SEARCH_SPACES, sampleHyperparameters } from '@sotto/recommender/evaluation';
import { createTerminal, type Terminal } from '../terminal.ts';
import { openAmazonBeauty } from './evaluate/amazon-beauty.ts';
import type { Dataset } from './evaluate/dataset.ts';
import { openDemoShop } from './evaluate/demo-shop.ts';
import { type EvaluationRow, measureModel } from './evaluate/measure.ts';
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
  const dataset = await terminal.step(`Reading ${options.dataset}`, () => openDataset(options));
  const rows = await (options.searchTrials === undefined
    ? evaluatePresets(dataset, options, terminal)
    : searchSettings(dataset, options, options.searchTrials, terminal));
  process.stdout.write(options.isJson ? `${JSON.stringify(rows)}\n` : renderReport(dataset, rows));
  return 0;
}

async function openDataset({ dataset, dataPath = '' }: EvaluateOptions): Promise<Dataset> {
  if (dataset === 'amazon-beauty') return openAmazonBeauty(dataPath);
  return dataset === 'online-retail' ? openOnlineRetail(dataPath) : openDemoShop();
}

async function evaluatePresets(
  dataset: Dataset,
  { models, seeds, isRefitted, target, hyperparameters: given }: EvaluateOptions,
  terminal: Terminal,
): Promise<EvaluationRow[]> {
  const split = dataset.split(target, isRefitted);
  const rows: EvaluationRow[] = [];
  for (const algorithm of withPopularity(dataset, models)) {
    const isGiven = given !== undefined && algorithm === models[0];
    const hyperparameters = isGiven ? given : PRESETS[dataset.name]![algorithm];
    const measured = await terminal.step(algorithm, (report) =>
      measureModel(dataset, split, { algorithm, hyperparameters }, seeds, report),
    );
    rows.push(...measured);
  }
  return rows;
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
function withPopularity(dataset: Dataset, models: EvaluateOptions['models']): EvaluateOptions['models'] {
  const hasYardstick = models.includes('popularity') || YARDSTICKS[dataset.name] !== undefined;
  return hasYardstick ? models : ['popularity', ...models];
}
