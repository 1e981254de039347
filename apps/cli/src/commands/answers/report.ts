import type { Answer } from './answer.ts';
import type { Spending } from './budget.ts';
import type { AnsweredShop } from './datasets.ts';
import { formatOf, formatShare } from './format.ts';
import { describeExpectedError, SUMMARY_LEGEND, type Table, tabulateAnswer, tabulateSummaries } from './tables.ts';

const LINE_WIDTH = 116;
const NAME_WIDTH = 12;

export interface AnswersReport {
  readonly shop: Pick<AnsweredShop, 'name' | 'description' | 'currency'>;
  readonly answers: readonly Answer[];
  readonly spending: Spending;
}

/** The answers for a person at a terminal. */
export function renderReport({ shop, answers, spending }: AnswersReport): string {
  return [
    '',
    ...wrap(shop.description, 0),
    ...answers.flatMap((answer, index) => ['', ...renderAnswer(answer, index + 1, shop.currency)]),
    '',
    'In short',
    '',
    ...renderTable(tabulateSummaries(answers, shop.currency)),
    '',
    ...wrap(SUMMARY_LEGEND, 0),
    '',
    ...wrap(describeSpending(spending), 0),
    '',
  ].join('\n');
}

export function describeSpending(spending: Spending): string {
  const { askedEpsilon, epsilonSpent, epsilonLimit, delta, lossShare, isVerified } = spending;
  return (
    `Asked for epsilon ${askedEpsilon} in all. By the ledger that took ${formatShare(lossShare)} of every customer's budget for ` +
    `life, epsilon ${epsilonLimit} at delta ${delta}: it stands at epsilon ${epsilonSpent}, most of which is the conversion to that ` +
    `delta and is paid once. The chain of entries ${isVerified ? 'verifies' : 'is BROKEN'}.`
  );
}

/** What stands beside an answer's table, as name and text. */
export function describeAnswer(answer: Answer, currency: string): (readonly [name: string, text: string])[] {
  const { epsilon, mechanism, noiseScale, bounds, bias, errorScale, quality, unit } = answer;
  const scale = errorScale === 'value' ? `, standard deviation ${formatOf(unit, currency)(noiseScale)}` : '';
  return [
    ['Bounds', `${bounds}.`],
    ['Noise', `${mechanism} at epsilon ${epsilon}${scale}.`],
    ['Expected', `error ${describeExpectedError(answer, currency)}, said before the question was asked.`],
    ['Found', describeSummary(answer)],
    ['Left out', bias],
    ...(quality === null ? [] : [['Quality', quality] as const]),
  ];
}

function describeSummary(answer: Answer): string {
  const { covered, noiseShare, clippedShare, errorShare } = answer.summary;
  return (
    `${covered} of ${answer.rows.length} intervals hold the ${clippedShare === 0 ? '' : 'bounded '}truth; noise is off by ` +
    `${formatShare(noiseShare)}, bounds leave out ${formatShare(clippedShare)}: in all the answer is off by ${formatShare(errorShare)}.`
  );
}

function renderAnswer(answer: Answer, number: number, currency: string): string[] {
  return [
    `${number}. ${answer.title}  (${answer.kind}, epsilon ${answer.epsilon})`,
    ...wrap(answer.asks, 3),
    '',
    ...renderTable(tabulateAnswer(answer, currency)),
    '',
    ...describeAnswer(answer, currency).flatMap(([name, text]) => {
      const [first = '', ...more] = wrap(text, 3 + NAME_WIDTH);
      return [`   ${name.padEnd(NAME_WIDTH)}${first.trimStart()}`, ...more];
    }),
  ];
}

function renderTable({ wordColumns, head, rows }: Table): string[] {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  return [head, ...rows].map((row) => {
    const cells = row.map((cell, column) =>
      column < wordColumns ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    return `   ${cells.join('  ')}`.trimEnd();
  });
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `${' '.repeat(indent)}${each}`);
}
