import { parseArgs } from 'node:util';
import { AppError } from '@sotto/shop';
import { seedDemoShop } from '../demo/seed.ts';
import { openShop } from '../shop.ts';
import { createTerminal } from '../terminal.ts';
import { renderImport, toImportJson } from './import-report.ts';

const USAGE = `npm run seed -- [--customers 20000] [--products 1000] [--seed 1] [--until 2026-01-31T12:00:00Z] [--replace] [--json]`;
const MINUTE_MS = 60_000;

/** `npm run seed`: fills an empty database with the demo shop. */
export async function run(args: string[]): Promise<number> {
  const { isJson, ...options } = parseSeedArguments(args, new Date());
  const terminal = createTerminal(process.stderr);
  const shop = await openShop();
  try {
    const result = await terminal.step('Demo shop', (report) =>
      seedDemoShop(shop.database, shop.keys, {
        ...options,
        onProgress: (fraction) => report(fraction < 1 ? 'drawing customers' : 'storing them', fraction),
      }),
    );
    process.stdout.write(isJson ? `${JSON.stringify(toImportJson(result))}\n` : `\n${renderImport(result)}`);
    return 0;
  } finally {
    await shop.close();
  }
}

/** @throws AppError that says what is wrong and how it is used */
export function parseSeedArguments(args: readonly string[], now: Date) {
  const values = parseOrExplain(args);
  const until = values.until === undefined ? floorToMinute(now) : new Date(values.until);
  if (Number.isNaN(until.getTime()) || until > now) throw misused(`--until ${values.until} is no past time.`);
  return {
    customers: parseCount('customers', values.customers, 20_000, 1, 1_000_000),
    products: parseCount('products', values.products, 1_000, 60, 100_000),
    seed: parseCount('seed', values.seed, 1, 0, 2 ** 31 - 1),
    until,
    isReplacing: values.replace === true,
    isJson: values.json === true,
  };
}

function parseOrExplain(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const options = { customers: text, products: text, seed: text, until: text, replace: flag, json: flag };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw misused(error instanceof Error ? error.message : String(error));
  }
}

function parseCount(name: string, text: string | undefined, preset: number, low: number, high: number): number {
  if (text === undefined) return preset;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high)) throw misused(`--${name} must be a whole number from ${low} to ${high}.`);
  return value;
}

function floorToMinute(time: Date): Date {
  return new Date(Math.floor(time.getTime() / MINUTE_MS) * MINUTE_MS);
}

function misused(what: string): AppError {
  return new AppError('BAD_INPUT', `${what}\n\n${USAGE}`);
}
