import { parseArgs } from 'node:util';
import { type Attack, type AttackFinding, type AuditSize, listAttacks, listShopAttacks, runAudit } from '@sotto/audit';
import { AppError } from '@sotto/shop';
import { openShop } from '../shop.ts';
import { createTerminal, type Terminal } from '../terminal.ts';
import { renderFindings } from './attack/report.ts';
import { openScratchDatabases } from './attack/scratch-databases.ts';

const USAGE = `npm run attack                     every attack, some minutes
npm run attack -- --quick          the same with fewer repetitions, under a minute
npm run attack -- [--quick] --json`;

/**
 * `npm run attack`: attacks what Sotto promises. What writes runs in databases that are made for it and removed; of the shop
 * itself only the ledger and the models in service are read.
 * @returns 1 when a promise is broken
 */
export async function run(args: string[]): Promise<number> {
  const { size, isJson } = parseAttackArguments(args);
  const terminal = createTerminal(process.stderr);
  const findings = await attackEverything(size, terminal);
  process.stdout.write(isJson ? `${JSON.stringify(findings)}\n` : renderFindings(findings));
  return findings.every(({ passed }) => passed) ? 0 : 1;
}

/** @throws AppError that says what is wrong and how it is used */
export function parseAttackArguments(args: readonly string[]): { readonly size: AuditSize; readonly isJson: boolean } {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({ args: [...args], options: { quick: flag, json: flag } });
    return { size: values.quick ? 'quick' : 'full', isJson: values.json };
  } catch (cause) {
    throw new AppError('BAD_INPUT', `${cause instanceof Error ? cause.message : cause}\n\n${USAGE}`, { cause });
  }
}

async function attackEverything(size: AuditSize, terminal: Terminal): Promise<AttackFinding[]> {
  const shop = await openShop();
  try {
    const scratch = await openScratchDatabases();
    try {
      const attacks = [...listAttacks(scratch.open), ...listShopAttacks(shop.database)];
      return await terminal.step('Attacking', (report) =>
        runAudit({
          attacks,
          size,
          onAttack: (attack, done, total) => report(describe(attack), done / total),
        }),
      );
    } finally {
      await scratch.close();
    }
  } finally {
    await shop.close();
  }
}

function describe({ attack, target }: Attack): string {
  return `${attack}: ${target}`;
}
