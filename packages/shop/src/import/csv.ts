import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { type ImportRow, type RowContent, reject } from './row.ts';
import { badFile, type OnBytes, readUtf8, type SourceFile } from './source.ts';

const MAX_RECORD_BYTES = 1_048_576;

/** Cells of one row, as many as the header has. */
export type ParseCells = (cells: readonly string[]) => RowContent;

/**
 * Reads a CSV file with a header line (RFC 4180, comma, UTF-8). A row of another length than the header is rejected.
 * @param prepare is given the header and returns what parses the rows
 * @throws AppError BAD_INPUT for an unclosed quote and the like, naming the line
 */
export async function* readCsv(
  file: SourceFile,
  onBytes: OnBytes,
  prepare: (columns: readonly string[]) => ParseCells,
): AsyncGenerator<ImportRow> {
  let header: { columns: readonly string[]; parse: ParseCells } | undefined;
  for await (const { line, cells } of parseRecords(file, onBytes)) {
    if (!header) {
      const columns = cells.map((cell) => cell.trim());
      const twice = columns.find((column, i) => columns.indexOf(column) !== i);
      if (twice !== undefined) throw badFile(`${file.name}, line 1`, `has the column ${twice} twice`);
      header = { columns, parse: prepare(columns) };
      continue;
    }
    const { columns, parse } = header;
    const isWhole = cells.length === columns.length;
    const content = isWhole ? parse(cells) : reject('more or fewer columns than the header', columns[0]!);
    yield { origin: { file: file.name, line, cells }, content };
  }
  if (!header) throw badFile(file.name, 'is empty');
}

/**
 * Position of each wanted column in the header.
 * @throws AppError BAD_INPUT that names the missing columns and those found
 */
export function findColumns<Name extends string>(
  file: SourceFile,
  columns: readonly string[],
  wanted: readonly Name[],
): Record<Name, number> {
  const missing = wanted.filter((name) => !columns.includes(name));
  if (missing.length > 0) {
    const hint = columns.length === 1 && /[;\t|]/.test(columns[0]!) ? ' (columns are separated by commas)' : '';
    const found = columns.join(', ').slice(0, 500);
    throw badFile(`${file.name}, line 1`, `the column ${missing.join(', ')} is missing; found: ${found}${hint}`);
  }
  return Object.fromEntries(wanted.map((name) => [name, columns.indexOf(name)])) as Record<Name, number>;
}

/** One line of CSV, without its end. */
export function formatCsv(cells: readonly string[]): string {
  return cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
}

async function* parseRecords(file: SourceFile, onBytes: OnBytes): AsyncGenerator<{ line: number; cells: string[] }> {
  const parser = parse({
    relax_column_count: true,
    max_record_size: MAX_RECORD_BYTES,
    record_delimiter: ['\r\n', '\n'],
  });
  const source = Readable.from(readUtf8(file, onBytes), { objectMode: false });
  source.on('error', (error) => parser.destroy(error));
  let line = 1;
  try {
    for await (const cells of source.pipe(parser) as AsyncIterable<string[]>) {
      const isEmptyLine = cells.length === 1 && cells[0] === '';
      if (!isEmptyLine) yield { line, cells };
      line += 1 + countLineBreaks(cells);
    }
  } catch (error) {
    throw describeCsvFailure(file, line, error);
  } finally {
    source.destroy();
  }
}

/** Within quoted cells; the parser could count lines itself, at a third of its speed. */
function countLineBreaks(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) if (cell.includes('\n')) count += cell.split('\n').length - 1;
  return count;
}

/** @param unread the first line that has not come out of the parser */
function describeCsvFailure(file: SourceFile, unread: number, error: unknown): unknown {
  if (!(error instanceof CsvError)) return error;
  // Such a quote swallows the rest of the file, and with it the line where it was opened.
  if (error.code === 'CSV_QUOTE_NOT_CLOSED')
    return badFile(`${file.name}, line ${unread}`, 'a quote is opened here or soon after, and never closed');
  // The parser's message quotes the text, which may name a person: only its line is used.
  const line = /at line (\d+)/.exec(error.message)?.[1] ?? unread;
  const isTooLong = error.code === 'CSV_MAX_RECORD_SIZE';
  const what = isTooLong
    ? `a row is longer than ${MAX_RECORD_BYTES} bytes: is a quote not closed?`
    : `is not valid CSV (${error.code})`;
  return badFile(`${file.name}, line ${line}`, what);
}
