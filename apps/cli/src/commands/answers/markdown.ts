import { type AnswersReport, describeAnswer, describeSpending } from './report.ts';
import { SUMMARY_LEGEND, type Table, tabulateAnswer, tabulateSummaries } from './tables.ts';

/** Of a rule: three signs. */
const MIN_CELL_WIDTH = 3;
const HEAD = `# Answers and their errors

What an analyst gets from shops that are known whole, beside the truth that nobody else is shown. The sections are written by
\`npm run answers -- online-retail --data <path> --markdown docs/answers.md\`, and without \`--data\` for demo-shop, which asks through the same code and
ledger as the API. The noise is fresh at every run, so another run prints other figures.
`;

/** One shop's section. */
export function renderSection({ shop, answers, spending }: AnswersReport): string {
  const { name, description, currency } = shop;
  return [
    beginOf(name),
    '',
    `## ${name}`,
    '',
    description,
    '',
    ...renderTable(tabulateSummaries(answers, currency)),
    '',
    SUMMARY_LEGEND,
    '',
    describeSpending(spending),
    ...answers.flatMap((answer) => [
      '',
      `### ${answer.title}`,
      '',
      `${answer.asks} (\`${answer.kind}\`, epsilon ${answer.epsilon})`,
      '',
      ...renderTable(tabulateAnswer(answer, currency)),
      '',
      ...describeAnswer(answer, currency).map(([title, text]) => `- **${title}**: ${text}`),
    ]),
    '',
    endOf(name),
  ].join('\n');
}

/** Puts a shop's section into a document: in the place of its older one, else at the end. An empty text is begun. */
export function placeSection(document: string, name: string, section: string): string {
  const text = document === '' ? HEAD : document;
  const begin = text.indexOf(beginOf(name));
  const end = text.indexOf(endOf(name));
  if (begin === -1 || end < begin) return `${text.trimEnd()}\n\n${section}\n`;
  return `${text.slice(0, begin)}${section}${text.slice(end + endOf(name).length)}`;
}

function beginOf(name: string): string {
  return `<!-- answers of ${name} -->`;
}

function endOf(name: string): string {
  return `<!-- end of ${name} -->`;
}

/** Padded as the formatter of this repository wants it. */
function renderTable({ wordColumns, head, rows }: Table): string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(MIN_CELL_WIDTH, ...cells.map((row) => row[column]!.length)));
  const isWord = (column: number) => column < wordColumns;
  const pad = (cell: string, column: number) =>
    isWord(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  const rule = widths.map((width, column) => (isWord(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const [first = [], ...others] = cells.map((row) => row.map(pad));
  return [first, rule, ...others].map((line) => `| ${line.join(' | ')} |`);
}
