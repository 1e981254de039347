import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ContentScorer, PRESETS } from '@sotto/recommender/evaluation';
import { root } from '../../repository.ts';
import type { Terminal } from '../../terminal.ts';
import { shareOf, type UtilityRow } from '../advise/utility-table.ts';
import { openDemoShop } from './demo-shop.ts';
import { measureModel, measureScorer } from './measure.ts';
import { measurePrivateModel } from './measure-private.ts';
import { renderCurve } from './render-curve.ts';

const CUSTOMERS = [2_000, 5_000, 20_000, 60_000];
const EPSILONS = ['0.5', '1', '2', '4', '8'];
const OBJECTIVE = 'ndcg@20';

/** Measures demo shops of several sizes and writes the table that `advise` reads, and the curve of the documentation. */
export async function measureCurve(terminal: Terminal): Promise<UtilityRow[]> {
  const rows: UtilityRow[] = [];
  for (const customers of CUSTOMERS) {
    const measured = await terminal.step(`${customers} customers`, () => measureShop(customers));
    rows.push(...measured);
  }
  await write('apps/cli/src/commands/advise/measured-utility.generated.ts', renderTable(rows));
  const { page, picture } = renderCurve(rows, CUSTOMERS, EPSILONS.map(Number), (customers, model, epsilon) =>
    shareOf(rows, customers, model, epsilon),
  );
  await write('docs/privacy-utility.md', page);
  await write('docs/privacy-utility.svg', picture);
  return rows;
}

async function measureShop(customers: number): Promise<UtilityRow[]> {
  const dataset = openDemoShop({ customers });
  const split = dataset.split('test', false);
  const silent = () => undefined;
  const rows: UtilityRow[] = [];
  const add = (model: string, epsilon: number | null, metrics: Readonly<Record<string, number>>) =>
    rows.push({ customers, model, epsilon, ndcg: metrics[OBJECTIVE]! });
  for (const algorithm of ['ease', 'ials'] as const) {
    const hyperparameters = PRESETS['demo-shop']![algorithm];
    const [measured] = await measureModel(dataset, split, { algorithm, hyperparameters }, 1, silent);
    add(algorithm, null, measured!.metrics);
  }
  add('content', null, measureScorer(dataset, split, new ContentScorer(dataset.catalogue), 1));
  for (const epsilon of EPSILONS) {
    for (const algorithm of ['private-popularity', 'private-ease', 'private-ials'] as const) {
      const training = { algorithm, hyperparameters: {}, epsilon, releases: 1 };
      const [measured] = await measurePrivateModel(dataset, split, training, 1, silent);
      add(algorithm, Number(epsilon), measured!.metrics);
    }
  }
  return rows;
}

function renderTable(rows: readonly UtilityRow[]): string {
  const lines = rows.map(
    ({ customers, model, epsilon, ndcg }) =>
      `  { customers: ${customers}, model: '${model}', epsilon: ${epsilon}, ndcg: ${ndcg.toFixed(4)} },`,
  );
  return `// Written by \`npm run evaluate -- demo-shop --curve\`. Do not edit.
import type { UtilityRow } from './utility-table.ts';

export const MEASURED_UTILITY: readonly UtilityRow[] = [
${lines.join('\n')}
];
`;
}

async function write(path: string, text: string): Promise<void> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, text);
}
