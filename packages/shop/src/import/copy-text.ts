/** A value of one column in PostgreSQL's COPY text format. */
export type CopyValue = string | number | undefined;

const NULL = '\\N';
const ESCAPED = /[\\\t\n\r]/;

/** One row of COPY text with its line end. */
export function formatCopyRow(values: readonly CopyValue[]): string {
  let row = '';
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    row += (i === 0 ? '' : '\t') + (value === undefined ? NULL : typeof value === 'number' ? value : escapeText(value));
  }
  return `${row}\n`;
}

function escapeText(text: string): string {
  if (!ESCAPED.test(text)) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}
