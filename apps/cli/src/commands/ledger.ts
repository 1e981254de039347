import { parseArgs } from 'node:util';
import { type LedgerEntry, listBudgets, listEntries, type PrivacyBudget, verifyLedger } from '@sotto/ledger';
import { AppError } from '@sotto/shop';
import { openShop, type Shop } from '../shop.ts';

const USAGE = `npm run ledger                       budgets and the newest entries
npm run ledger -- verify [--json]    walk the chains; exit code 1 when one is broken`;
const SHOWN_ENTRIES = 20;

/** `npm run ledger`: what the privacy budgets went to, and whether the ledger is as it was written. */
export async function run(args: string[]): Promise<number> {
  const { action, isJson } = parseLedgerArguments(args);
  const shop = await openShop();
  try {
    return await (action === 'verify' ? verify(shop, isJson) : show(shop));
  } finally {
    await shop.close();
  }
}

/** @throws AppError that says how the command is used */
export function parseLedgerArguments(args: string[]): { action: 'show' | 'verify'; isJson: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    });
    const [action = 'show', ...more] = positionals;
    if (more.length > 0 || (action !== 'verify' && action !== 'show'))
      throw new TypeError(`There is no ${positionals.join(' ')}.`);
    if (action === 'show' && values.json) throw new TypeError('--json goes with verify.');
    return { action, isJson: values.json };
  } catch (cause) {
    throw new AppError(
      'BAD_INPUT',
      `${cause instanceof Error ? cause.message : cause}\n\nUse it like this:\n${USAGE}`,
      {
        cause,
      },
    );
  }
}

async function verify({ database }: Shop, isJson: boolean): Promise<number> {
  const verification = await verifyLedger(database);
  const { entries, valid, firstBroken } = verification;
  const place = [firstBroken?.cohort, firstBroken?.sequence].filter((part) => part != null).join(' / ');
  const text = valid
    ? `The ledger's ${entries} entries are as they were written.`
    : `The ledger is broken at ${place || 'no entry'}: ${firstBroken?.what}.`;
  process.stdout.write(`${isJson ? JSON.stringify(verification) : text}\n`);
  return valid ? 0 : 1;
}

async function show({ database }: Shop): Promise<number> {
  const budgets = await listBudgets(database);
  const page = await listEntries(database, { first: SHOWN_ENTRIES });
  process.stdout.write(`${describeBudgets(budgets)}\n${describeEntries(page?.entries ?? [])}`);
  return 0;
}

function describeBudgets(budgets: readonly PrivacyBudget[]): string {
  if (budgets.length === 0) return 'No budget is open yet.\n';
  return renderTable(
    ['cohort', 'epsilon', 'spent', 'left', 'share', 'entries', 'head'],
    budgets.map((budget) => [
      budget.cohort,
      budget.epsilonLimit,
      budget.epsilonSpent,
      budget.epsilonRemaining,
      `${(budget.lossShareSpent * 100).toFixed(1)} %`,
      String(budget.entryCount),
      budget.headHash,
    ]),
  );
}

function describeEntries(entries: readonly LedgerEntry[]): string {
  if (entries.length === 0) return 'Nothing was asked yet.\n';
  return renderTable(
    ['at', 'cohort', 'purpose', 'asked by', 'what', 'mechanism', 'epsilon', 'in all'],
    entries.map((entry) => [
      entry.at.toISOString(),
      entry.cohort,
      entry.purpose,
      entry.askedBy,
      entry.kind,
      entry.mechanism,
      entry.epsilon,
      entry.cumulativeEpsilon,
    ]),
  );
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const lines = [head, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  '));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}
