import { parseArgs } from 'node:util';
import { AppError } from '@sotto/shop';
import { MEASURED_UTILITY } from './advise/measured-utility.generated.ts';
import { type Advice, adviseShop } from './advise/utility-table.ts';

const USAGE = `Usage: npm run advise -- --customers <n> [--products <m>] [--json]
  tells what a release at each epsilon is worth, as a share of recommendations without privacy`;
const MOST = 1_000_000_000;

/**
 * Which epsilon buys what in a shop of so many customers, from the table that `npm run evaluate -- demo-shop --curve` measured.
 * @returns the process's exit code
 * @throws AppError BAD_INPUT
 */
export async function run(args: string[]): Promise<number> {
  const { customers, products, isJson } = parseOptions(args);
  const advice = adviseShop(MEASURED_UTILITY, customers, products);
  process.stdout.write(isJson ? `${JSON.stringify({ customers, products, ...advice })}\n` : renderAdvice(advice));
  return 0;
}

function parseOptions(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        customers: { type: 'string' },
        products: { type: 'string', default: '1000' },
        json: { type: 'boolean', default: false },
      },
    });
    return {
      customers: parseCount('customers', values.customers),
      products: parseCount('products', values.products),
      isJson: values.json,
    };
  } catch (cause) {
    throw new AppError('BAD_INPUT', `${cause instanceof Error ? cause.message : cause}\n\n${USAGE}`, { cause });
  }
}

function parseCount(name: string, text: string | undefined): number {
  const count = Number(text);
  if (text !== undefined && Number.isInteger(count) && count >= 1 && count <= MOST) return count;
  throw new TypeError(`--${name} is a whole number from 1 to ${MOST.toLocaleString('en')}.`);
}

/** A line for each epsilon, and what needs none. */
export function renderAdvice({ levels, content, isWithin }: Advice): string {
  const percent = (share: number) => `${Math.round(100 * share)} %`.padStart(7);
  const lines = levels.map(({ epsilon, personal, statistic, popularity }) => {
    const isWorthIt = Math.max(personal, statistic) > Math.max(popularity, content);
    const note = isWorthIt ? '' : '   no better than what needs no taste';
    const cells = [personal, statistic, popularity].map((share) => percent(share).padStart(20)).join('');
    return `  ${String(epsilon).padStart(7)}${cells}${note}`;
  });
  return [
    'Of the NDCG@20 that the best model without privacy reaches, which knows no catalogue, on a demo shop of this size:',
    '',
    `  epsilon${['private-ials', 'private-ease', 'private-popularity'].map((name) => name.padStart(20)).join('')}`,
    ...lines,
    '',
    `  Content alone, which costs no privacy: ${percent(content).trim()}.`,
    '  Epsilon is of one release, alone at delta 1e-6. Of the statistic releases are averaged: four at 1 do about as one at 2.',
    ...(isWithin ? [] : ['  No shop of this size was measured; these are the figures of the nearest.']),
    '',
  ].join('\n');
}
