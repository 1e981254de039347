import { findColumns, readCsv } from '../csv.ts';
import { findOptionalFile, isFolder } from '../find-file.ts';
import type { ImportContext, ImportFormat, ImportSource } from '../format.ts';
import { readJsonLines } from '../json.ts';
import type { ImportRow } from '../row.ts';
import { badFile, findSource, type SourceFile } from '../source.ts';
import {
  INTERACTION_COLUMNS,
  PRODUCT_COLUMNS,
  parseInteractionRow,
  parseProductRow,
  REQUIRED_INTERACTION_COLUMNS,
  REQUIRED_PRODUCT_COLUMNS,
} from './own-rows.ts';

/** The family of data that a shop brings itself, by files or by the API. */
export const OWN_SHOP = 'own shop';

type ReadFile = (file: SourceFile, context: ImportContext) => AsyncIterable<ImportRow>;

/** A shop's own CSV: one file of products or of interactions, or a folder with products.csv and interactions.csv. */
export const csv: ImportFormat = {
  name: 'csv',
  family: OWN_SHOP,
  consentMask: 0,
  open: (path, context) => openOwnFiles(path, ['csv'], readCsvFile, context),
};

/** The same as JSON lines. A line with a customerExternalId is an interaction, another a product. */
export const jsonl: ImportFormat = {
  name: 'jsonl',
  family: OWN_SHOP,
  consentMask: 0,
  open: (path, context) => openOwnFiles(path, ['jsonl', 'ndjson'], readJsonFile, context),
};

async function openOwnFiles(
  path: string,
  extensions: readonly string[],
  read: ReadFile,
  context: ImportContext,
): Promise<ImportSource> {
  const files = (await isFolder(path)) ? await findBoth(path, extensions) : [await findSource(path)];
  const readAll = async function* () {
    for (const file of files) yield* read(file, context);
  };
  return { bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), rows: readAll() };
}

async function findBoth(folder: string, extensions: readonly string[]): Promise<SourceFile[]> {
  const find = (noun: string) =>
    findOptionalFile(
      folder,
      extensions.map((extension) => `${noun}.${extension}`),
    );
  const files = [await find('products'), await find('interactions')].filter((file) => file !== undefined);
  if (files.length === 0)
    throw badFile(folder, `has neither products.${extensions[0]} nor interactions.${extensions[0]} (or .gz)`);
  return files;
}

async function* readJsonFile(file: SourceFile, { now, onBytes }: ImportContext): AsyncGenerator<ImportRow> {
  for await (const { line, text, value } of readJsonLines(file, onBytes)) {
    const isInteraction = typeof value === 'object' && value !== null && 'customerExternalId' in value;
    const content = isInteraction ? parseInteractionRow(value, now) : parseProductRow(value);
    yield { origin: { file: file.name, line, cells: [text] }, content };
  }
}

function readCsvFile(file: SourceFile, { now, onBytes }: ImportContext): AsyncIterable<ImportRow> {
  return readCsv(file, onBytes, (columns) => {
    const isInteractions = columns.includes('customerExternalId');
    findColumns(file, columns, isInteractions ? REQUIRED_INTERACTION_COLUMNS : REQUIRED_PRODUCT_COLUMNS);
    const known: readonly string[] = isInteractions ? INTERACTION_COLUMNS : PRODUCT_COLUMNS;
    const unknown = columns.filter((column) => !known.includes(column));
    if (unknown.length > 0)
      throw badFile(
        `${file.name}, line 1`,
        `the column ${unknown.join(', ')} is not known; known: ${known.join(', ')}`,
      );
    const parse = isInteractions ? (value: unknown) => parseInteractionRow(value, now) : parseProductRow;
    return (cells) =>
      parse(Object.fromEntries(columns.map((column, i) => [column, readCell(column, cells[i]!.trim())])));
  });
}

/** A cell as JSON would have it. What cannot be read stays text, which the schema then refuses by name. */
function readCell(column: string, text: string): unknown {
  if (text === '') return REQUIRED_INTERACTION_COLUMNS.some((required) => required === column) ? '' : null;
  switch (column) {
    case 'quantity':
    case 'stock':
    case 'rating':
      return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'categories':
      return text.split('>').map((category) => category.trim());
    case 'isHidden':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'attributes':
      return parseAttributes(text);
    default:
      return text;
  }
}

function parseAttributes(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Stays text: the schema refuses it and the row is rejected by name.
    return text;
  }
}
