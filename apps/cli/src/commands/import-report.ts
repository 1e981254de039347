import { type ImportResult, PURPOSE_BITS, PURPOSES } from '@sotto/shop';

const OUTCOMES = [
  ['stored', 'stored', 'interactions that are new'],
  ['netted', 'netted', 'returns, and purchases that they took back whole'],
  ['catalogueOnly', 'catalogue only', 'rows about a product and no customer'],
  ['duplicate', 'duplicate', 'stored by an earlier import'],
  ['rejected', 'rejected', ''],
] as const;

const formatCount = (count: number) => count.toLocaleString('en-US');

/** What became of every row, for a person to read. */
export function renderImport(result: ImportResult): string {
  const { format, read, outcomes, rejections, seconds, peakMemoryMb } = result;
  const lines = [
    `${format}: ${formatCount(read)} rows in ${seconds.toFixed(1)} s, at most ${peakMemoryMb} MB of memory`,
    '',
    ...OUTCOMES.map(([key, name, meaning]) =>
      `  ${name.padEnd(15)}${formatCount(outcomes[key]).padStart(12)}  ${meaning}`.trimEnd(),
    ),
  ];
  if (rejections.length > 0) lines.push('', 'Rejected, with an example of each:', ...renderRejections(rejections));
  lines.push('', describeConsent(result));
  return `${lines.join('\n')}\n`;
}

/** The shape that scripts rely on. */
export function toImportJson({ format, read, outcomes, rejections, seconds, peakMemoryMb }: ImportResult) {
  return { format, read, outcomes, rejections, seconds, peakMemoryMb };
}

function renderRejections(rejections: ImportResult['rejections']): string[] {
  const width = Math.max(...rejections.map(({ reason }) => reason.length));
  return rejections.map(
    ({ reason, count, example }) => `  ${formatCount(count).padStart(9)}  ${reason.padEnd(width)}  ${example}`,
  );
}

function describeConsent({ newCustomers, consentMask }: ImportResult): string {
  if (newCustomers === 0) return 'No new customers; the consent of those known is as it was.';
  const granted = PURPOSES.filter((purpose) => (consentMask & PURPOSE_BITS[purpose]) !== 0);
  const grants = granted.length > 0 ? `grant ${granted.join(', ')}` : 'grant nothing';
  return `${formatCount(newCustomers)} new customers: they ${grants} (source IMPORT) where their rows do not say otherwise; --consent changes it.`;
}
