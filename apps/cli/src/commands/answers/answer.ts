import type { Database } from '@sotto/database';
import type { Release } from '@sotto/ledger';
import { askQuestion, parseQuestion, priceQuestion } from '@sotto/questions';
import { AppError } from '@sotto/shop';
import type { AnalystQuestion, Truth } from './analyst-question.ts';
import type { AnsweredShop } from './datasets.ts';

const ANALYST = 'analyst';

/** A released row beside its true value, in the release's units. */
export interface AnsweredRow extends Truth {
  readonly key: string;
  readonly label: string;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** An answer, what was said of it before, and what is true. */
export interface Answer extends Pick<AnalystQuestion, 'name' | 'title' | 'asks' | 'kind' | 'spec' | 'bounds' | 'bias'> {
  readonly errorScale: AnalystQuestion['errorScale'];
  readonly heading: string;
  readonly epsilon: string;
  readonly mechanism: string;
  /** Standard deviation of the noise on one value. */
  readonly noiseScale: number;
  /** Half the width of an interval, in the unit of errorScale. */
  readonly expectedError: number | null;
  readonly unit: string;
  readonly rows: readonly AnsweredRow[];
  readonly summary: AnswerSummary;
  readonly quality: string | null;
}

/** Over all rows. */
export interface AnswerSummary {
  /** Those whose interval holds the bounded truth. */
  readonly covered: number;
  /** Sum of |value - bounded| over the sum of the bounded truths: what noise did. */
  readonly noiseShare: number;
  /** 1 - sum of the bounded truths over the sum of the exact ones: what the bounds left out. */
  readonly clippedShare: number;
  /** Sum of |value - exact| over the sum of the exact truths: how far the reader is from the truth. */
  readonly errorShare: number;
}

/**
 * Asks a shop's questions one after the other, as an analyst, and measures the truth beside each.
 * @throws AppError BUDGET_EXHAUSTED when epsilon is more than the budgets have left
 */
export async function answerQuestions(
  database: Database,
  shop: Pick<AnsweredShop, 'questions' | 'assumedPopulation'>,
  { epsilon, onQuestion }: { readonly epsilon: string; onQuestion?(title: string, done: number): void },
): Promise<Answer[]> {
  const { rows } = await database.pool.query<{ sku: string; title: string }>('SELECT sku, title FROM product');
  const titles = new Map(rows.map(({ sku, title }) => [sku, title]));
  const releases = new Map<string, Release>();
  const answers: Answer[] = [];
  for (const [index, make] of shop.questions.entries()) {
    const asked = make({ titles, releases });
    onQuestion?.(asked.title, index / shop.questions.length);
    const { kind, spec } = asked;
    const question = parseQuestion({ kind, spec, epsilon, assumedPopulation: shop.assumedPopulation });
    const { expectedError } = await priceQuestion(database, question, { askedBy: ANALYST, now: new Date() });
    const result = await askQuestion(database, question, { askedBy: ANALYST, now: () => new Date() });
    if (result.kind !== 'released')
      throw new AppError('BUDGET_EXHAUSTED', `${asked.title} was not answered: ${result.kind}. Ask with less epsilon.`);
    releases.set(asked.name, result.release);
    answers.push(await compareWithTruth(database, asked, result.release, expectedError));
  }
  return answers;
}

async function compareWithTruth(
  { pool }: Pick<Database, 'pool'>,
  asked: AnalystQuestion,
  release: Release,
  expectedError: number | null,
): Promise<Answer> {
  const { name, title, asks, kind, spec, bounds, bias, errorScale, heading } = asked;
  const truths = await asked.measureTruths(pool, release);
  const rows = release.rows.flatMap((row) => {
    const { key, value, lower, upper } = row;
    // What is suppressed has no number to hold against the truth.
    if (value === null || lower === null || upper === null) return [];
    const truth = truths.get(key) ?? { exact: 0, bounded: 0 };
    return [{ key, label: asked.labelRow(row, release), value, lower, upper, ...truth }];
  });
  const { epsilon, mechanism, noiseScale } = release;
  return {
    name,
    title,
    asks,
    kind,
    spec,
    bounds,
    bias,
    errorScale,
    heading,
    epsilon,
    mechanism,
    noiseScale,
    expectedError,
    unit: String(release.answer['unit']),
    rows,
    summary: summarise(rows),
    quality: (await asked.describeQuality?.(pool, release, truths)) ?? null,
  };
}

function summarise(rows: readonly AnsweredRow[]): AnswerSummary {
  const total = (measure: (row: AnsweredRow) => number) => rows.reduce((sum, row) => sum + measure(row), 0);
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  const [exact, bounded] = [total((row) => row.exact), total((row) => row.bounded)];
  return {
    covered: rows.filter((row) => row.lower <= row.bounded && row.bounded <= row.upper).length,
    noiseShare: share(
      total((row) => Math.abs(row.value - row.bounded)),
      bounded,
    ),
    clippedShare: share(exact - bounded, exact),
    errorShare: share(
      total((row) => Math.abs(row.value - row.exact)),
      exact,
    ),
  };
}
