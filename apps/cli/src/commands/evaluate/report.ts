import type { Dataset } from './dataset.ts';
import type { EvaluationRow } from './measure.ts';
import { YARDSTICKS } from './published.ts';

interface Line {
  readonly name: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly note: string;
}

/** The rows as a table, the yardsticks beneath, and what the cut of a served model loses. */
export function renderReport(dataset: Dataset, rows: readonly EvaluationRow[]): string {
  const measured = rows.map(({ model, protocol, epsilon, metrics, seed, seconds }) => ({
    name: [
      model,
      ...(epsilon === null ? [] : [`epsilon ${epsilon}`]),
      ...(/\d+ weekly releases$/.exec(protocol) ?? []),
    ].join(', '),
    metrics,
    note: `seed ${seed}, ${seconds.toFixed(1)} s`,
  }));
  const yardsticks = (YARDSTICKS[dataset.name] ?? []).map(({ model, metrics, source }) => ({
    name: model,
    metrics,
    note: source,
  }));
  const protocols = [...new Set(rows.map(({ protocol }) => protocol))].join('; ');
  return [
    `${dataset.name}: ${protocols}`,
    renderTable(dataset.columns, measured),
    ...(yardsticks.length > 0 ? ['Beside, trained on train only:', renderTable(dataset.columns, yardsticks)] : []),
    ...rows.flatMap((row) => renderServedLoss(dataset.objective, row)),
    '',
  ].join('\n');
}

function renderTable(columns: readonly string[], lines: readonly Line[]): string {
  const cells = [
    ['', ...columns, ''],
    ...lines.map(({ name, metrics, note }) => [name, ...columns.map((column) => renderFigure(metrics[column])), note]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const isText = (column: number) => column === 0 || column === widths.length - 1;
  return cells
    .map((line) =>
      line
        .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}\n`)
    .join('');
}

function renderFigure(value: number | undefined): string {
  if (value === undefined) return '-';
  return value >= 1 ? value.toFixed(2) : value.toFixed(4);
}

function renderServedLoss(objective: string, { model, metrics }: EvaluationRow): string[] {
  const full = metrics[objective];
  const served = metrics[`served:${objective}`];
  if (full === undefined || served === undefined) return [];
  const change = served - full;
  const share = full === 0 ? 0 : (100 * change) / full;
  const signed = (value: number, digits: number) => `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;
  return [
    `${model}: the strongest weights that are served reach ${objective} ${served.toFixed(4)} instead of ${full.toFixed(4)}: ` +
      `${signed(change, 4)} (${signed(share, 1)} %).`,
  ];
}
