import type { Answer, AnsweredRow } from './answer.ts';
import { type FormatValue, formatMonth, formatOf, formatShare, formatSigned } from './format.ts';

/** Cells as text. */
export interface Table {
  /** So many columns at the left are words, the others figures. */
  readonly wordColumns: number;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The answer's rows beside the truth. */
export function tabulateAnswer(answer: Answer, currency: string): Table {
  const format = formatOf(answer.unit, currency);
  return answer.kind === 'RETENTION' ? tabulateCohorts(answer, format) : tabulateRows(answer, format);
}

function tabulateRows({ kind, heading, rows }: Answer, format: FormatValue): Table {
  // Where bounds leave nothing out there is one truth.
  const isBounded = rows.some(({ exact, bounded }) => Math.abs(exact - bounded) > 0.5);
  const describe = ({ label, value, lower, upper, exact, bounded }: AnsweredRow) => [
    label,
    format(value),
    `${format(lower)} to ${format(upper)}`,
    ...(isBounded ? [format(bounded)] : []),
    format(exact),
    formatSigned(value - exact, format),
    exact === 0 ? '' : formatSigned((value - exact) / exact, formatShare),
  ];
  return {
    wordColumns: 1,
    head: [heading, 'answer', '95 % interval', ...(isBounded ? ['exact, bounded'] : []), 'exact', 'error', 'of exact'],
    // Keys of a public list come in its order, which says nothing about them.
    rows: (kind === 'HISTOGRAM' ? [...rows].sort((a, b) => b.value - a.value) : rows).map(describe),
  };
}

/** A line a first month, a column a month later: the answer, and in brackets the exact number. */
function tabulateCohorts({ rows }: Answer, format: FormatValue): Table {
  const lines = new Map<string, string[]>();
  for (const { key, value, exact } of rows) {
    const [first = ''] = key.split('+');
    const line = lines.get(first) ?? [formatMonth(first)];
    lines.set(first, line);
    line.push(`${format(value)} (${format(exact)})`);
  }
  const width = Math.max(...[...lines.values()].map(({ length }) => length));
  return {
    wordColumns: 1,
    head: [
      'first bought in: answer (exact)',
      'then',
      ...Array.from({ length: width - 2 }, (_, index) => `+${index + 1}`),
    ],
    rows: [...lines.values()].map((line) => [...line, ...Array.from({ length: width - line.length }, () => '')]),
  };
}

/** All answers, a line each. */
export function tabulateSummaries(answers: readonly Answer[], currency: string): Table {
  return {
    wordColumns: 2,
    head: [
      'question',
      'kind',
      'epsilon',
      'expected error',
      'noise',
      'left out by bounds',
      'true error',
      'intervals that hold',
    ],
    rows: answers.map((answer) => [
      answer.title,
      answer.kind,
      answer.epsilon,
      describeExpectedError(answer, currency),
      formatShare(answer.summary.noiseShare),
      formatShare(answer.summary.clippedShare),
      formatShare(answer.summary.errorShare),
      `${answer.summary.covered} of ${answer.rows.length}`,
    ]),
  };
}

/** What was said before the question was asked: in 95 of 100 cases a value is closer than this. */
export function describeExpectedError({ expectedError, errorScale, unit }: Answer, currency: string): string {
  if (expectedError === null) return 'unknown';
  if (errorScale === 'value') return `± ${formatOf(unit, currency)(expectedError)}`;
  return `± ${formatShare(expectedError)} of ${errorScale === 'rank' ? 'rank' : 'an axis'}`;
}

export const SUMMARY_LEGEND =
  'Expected error: said before the question was asked, in 95 of 100 cases a value is closer. Noise: what the answer is off ' +
  'from the bounded truth. True error: what it is off from the exact truth, noise and bounds together. Shares are of the sums over ' +
  'all rows. An interval holds when the bounded truth is in it; of 95 % intervals, 1 in 20 should not.';
