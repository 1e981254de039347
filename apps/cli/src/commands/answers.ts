import { readFile, writeFile } from 'node:fs/promises';
import { createTerminal, type Terminal } from '../terminal.ts';
import { answerQuestions } from './answers/answer.ts';
import { readSpending } from './answers/budget.ts';
import type { AnsweredShop } from './answers/datasets.ts';
import { openDemoShop } from './answers/demo-shop.ts';
import { placeSection, renderSection } from './answers/markdown.ts';
import { openOnlineRetail } from './answers/online-retail.ts';
import { type AnswersOptions, parseAnswersArguments } from './answers/options.ts';
import { type AnswersReport, renderReport } from './answers/report.ts';
import { openScratchShop } from './answers/scratch-shop.ts';

/**
 * `npm run answers`: asks a known shop what an analyst asks, and shows each answer beside the truth. The shop is imported
 * into a database of its own that is removed afterwards; the truth is for its operator, and in no API.
 */
export async function run(args: string[]): Promise<number> {
  const options = parseAnswersArguments(args);
  const report = await askShop(openShop(options), options, createTerminal(process.stderr));
  if (options.markdownPath !== undefined) await writeSection(options.markdownPath, report);
  process.stdout.write(options.isJson ? `${JSON.stringify(report.answers)}\n` : renderReport(report));
  return 0;
}

function openShop({ dataset, dataPath = '', customers }: AnswersOptions): AnsweredShop {
  return dataset === 'online-retail' ? openOnlineRetail(dataPath) : openDemoShop({ customers });
}

async function askShop(
  shop: AnsweredShop,
  { epsilon }: Pick<AnswersOptions, 'epsilon'>,
  terminal: Terminal,
): Promise<AnswersReport> {
  const { database, keys, close } = await openScratchShop();
  try {
    await terminal.step(`Loading ${shop.name}`, (report) => shop.load(database, keys, report));
    const answers = await terminal.step('Asking', (report) =>
      answerQuestions(database, shop, { epsilon, onQuestion: report }),
    );
    return { shop, answers, spending: await readSpending(database, answers) };
  } finally {
    await close();
  }
}

async function writeSection(path: string, report: AnswersReport): Promise<void> {
  const document = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  await writeFile(path, placeSection(document, report.shop.name, renderSection(report)));
}
