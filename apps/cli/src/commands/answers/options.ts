import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_EPSILON, InvalidQuestionError, parseEpsilon } from '@sotto/questions';
import { AppError } from '@sotto/shop';
import { DATASETS, type DatasetName } from './datasets.ts';

export interface AnswersOptions {
  readonly dataset: DatasetName;
  readonly dataPath: string | undefined;
  readonly customers: number;
  /** Of each question, an exact decimal. */
  readonly epsilon: string;
  readonly isJson: boolean;
  /** The document that gets the tables. */
  readonly markdownPath: string | undefined;
}

const USAGE = `npm run answers -- <data set> [options]
  data set      online-retail (needs --data), demo-shop
  --data        online-retail.csv.gz, or its folder
  --customers   of the demo shop (20000)
  --epsilon     of each question (${DEFAULT_EPSILON})
  --json        print the answers as one JSON array
  --markdown    write the tables into this document, too`;
const DEMO_CUSTOMERS = { preset: 20_000, least: 100, most: 200_000 };

/** @throws AppError that says what is wrong and how it is used */
export function parseAnswersArguments(args: readonly string[]): AnswersOptions {
  const { values, positionals } = parseOrExplain(args);
  const [name, ...more] = positionals;
  const dataset = DATASETS.find((known) => known === name);
  if (dataset === undefined) throw misused(name ? `There is no data set ${name}.` : 'A data set is needed.');
  if (more.length > 0) throw misused(`One data set is enough, not also ${more.join(' ')}.`);
  if (dataset === 'online-retail' && values.data === undefined) throw misused('online-retail needs --data.');
  if (dataset === 'demo-shop' && values.data !== undefined)
    throw misused('The demo shop is generated, without --data.');
  if (dataset !== 'demo-shop' && values.customers !== undefined) throw misused('--customers goes with demo-shop.');
  return {
    dataset,
    dataPath: values.data === undefined ? undefined : resolve(values.data),
    customers: parseCustomers(values.customers),
    epsilon: parseEpsilonOption(values.epsilon),
    isJson: values.json === true,
    markdownPath: values.markdown === undefined ? undefined : resolve(values.markdown),
  };
}

function parseOrExplain(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const options = { data: text, customers: text, epsilon: text, markdown: text, json: { type: 'boolean' } } as const;
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw misused(error instanceof Error ? error.message : String(error));
  }
}

function parseCustomers(text: string | undefined): number {
  const { preset, least, most } = DEMO_CUSTOMERS;
  if (text === undefined) return preset;
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw misused(`--customers must be a whole number from ${least} to ${most}.`);
  return value;
}

function parseEpsilonOption(text: string | undefined): string {
  try {
    return parseEpsilon(text);
  } catch (error) {
    if (!(error instanceof InvalidQuestionError)) throw error;
    throw misused(`--${error.message}.`);
  }
}

function misused(what: string): AppError {
  return new AppError('BAD_INPUT', `${what}\n\n${USAGE}`);
}
