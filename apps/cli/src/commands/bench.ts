import { parseArgs } from 'node:util';
import { AppError } from '@sotto/shop';
import type { BenchResult } from './bench/result.ts';

interface BenchOptions {
  readonly seconds?: number;
}

/** Loaded one at a time: each brings tools that the others do not need. */
const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<BenchResult>>> = {
  als: async () => (await import('./bench/als.ts')).benchAls(),
  topk: async () => (await import('./bench/topk.ts')).benchTopK(),
  private: async () => (await import('./bench/private.ts')).benchPrivate(),
  gateway: async (options) => (await import('./bench/gateway.ts')).benchGateway(options),
  ingest: async (options) => (await import('./bench/ingest.ts')).benchIngest(options),
  'private-als': async () => (await import('./bench/private-als.ts')).benchPrivateAls(),
  ledger: async () => (await import('./bench/ledger.ts')).benchLedger(),
};

const NAMES = [...Object.keys(BENCHES), 'all'].join(' | ');

/** `npm run bench -- <name>`: figures of this machine beside a yardstick of the same run. */
export async function run(args: string[]): Promise<number> {
  const { name, isJson, options } = parseOptions(args);
  const names = name === 'all' ? Object.keys(BENCHES) : [name];
  const results: BenchResult[] = [];
  for (const each of names) {
    process.stderr.write(`Measuring ${each} …\n`);
    const result = await BENCHES[each]!(options);
    results.push(result);
    if (!isJson) process.stdout.write(renderResult(result));
  }
  if (isJson) process.stdout.write(`${JSON.stringify(name === 'all' ? results : results[0])}\n`);
  return 0;
}

function parseOptions(args: string[]) {
  const usage = `Usage: npm run bench -- <${NAMES}> [--seconds n] [--json]`;
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { seconds: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0 || !(name === 'all' || Object.hasOwn(BENCHES, name)))
      throw new TypeError(describeName(positionals));
    const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
    if (seconds !== undefined && !(seconds > 0 && seconds <= 3_600))
      throw new TypeError(`--seconds ${values.seconds} is no number of at most 3,600.`);
    return { name, isJson: values.json, options: seconds === undefined ? {} : { seconds } };
  } catch (cause) {
    throw new AppError('BAD_INPUT', `${cause instanceof Error ? cause.message : cause}\n\n${usage}`, { cause });
  }
}

function describeName([name, ...rest]: readonly string[]): string {
  if (name === undefined) return 'Which benchmark?';
  return rest.length > 0 ? 'Name one benchmark, or all.' : `There is no benchmark ${name}.`;
}

/** A table of its own for each result, with the yardstick as the last row. */
export function renderResult({ name, figures, yardstick, ratio, machine }: BenchResult): string {
  const rows: [string, string][] = Object.entries(figures).map(([figure, value]) => [figure, formatFigure(value)]);
  if (yardstick) rows.push([yardstick.name, formatFigure(yardstick.value)]);
  if (ratio !== null) rows.push(['ratio', formatFigure(ratio)]);
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
  return `\n${name} on ${machine}\n${lines.join('\n')}\n`;
}

function formatFigure(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 4 });
}
