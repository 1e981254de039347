import { type ImportProgress, importShop } from '@sotto/shop';
import { openShop } from '../shop.ts';
import { createTerminal, type ReportProgress } from '../terminal.ts';
import { parseImportArguments } from './import-options.ts';
import { renderImport, toImportJson } from './import-report.ts';

/** `npm run import`: loads a shop's products and interactions. */
export async function run(args: string[]): Promise<number> {
  const { isJson, ...options } = parseImportArguments(args);
  const terminal = createTerminal(process.stderr);
  const shop = await openShop();
  try {
    const result = await terminal.step(`Importing ${options.format.name}`, (report) =>
      importShop(shop.database, shop.keys, { ...options, onProgress: (progress) => tell(progress, report) }),
    );
    process.stdout.write(isJson ? `${JSON.stringify(toImportJson(result))}\n` : `\n${renderImport(result)}`);
    return 0;
  } finally {
    await shop.close();
  }
}

function tell({ step, fraction, rows }: ImportProgress, report: ReportProgress): void {
  const count = `${rows.toLocaleString('en-US')} rows`;
  if (step === 'reading') report(count, fraction);
  else report(`${count} read, storing them`);
}
