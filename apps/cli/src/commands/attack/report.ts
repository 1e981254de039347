import type { AttackFinding } from '@sotto/audit';

const HEADINGS = ['attack', 'target', 'claimed', 'shown', ''] as const;

/** The findings as a table for whoever answers for privacy, broken promises marked, and what the figures mean. */
export function renderFindings(findings: readonly AttackFinding[]): string {
  const lines = findings.map(({ attack, target, claimedEpsilon, empiricalEpsilonLower, passed }, index) => [
    findings[index - 1]?.attack === attack ? '' : attack,
    target,
    renderEpsilon(claimedEpsilon),
    renderEpsilon(empiricalEpsilonLower),
    passed ? 'kept' : 'BROKEN',
  ]);
  const table = [[...HEADINGS], ...lines];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const isNumber = (column: number) => column === 2 || column === 3;
  const rows = table.map((line) =>
    line
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return `\n${rows.map((row) => `  ${row}\n`).join('')}\n${summarise(findings)}\n`;
}

function renderEpsilon(epsilon: number | null): string {
  return epsilon === null ? '-' : epsilon.toFixed(2);
}

function summarise(findings: readonly AttackFinding[]): string {
  const broken = findings.filter(({ passed }) => !passed).length;
  const verdict =
    broken === 0
      ? `All ${findings.length} promises were kept.`
      : `${broken} of ${findings.length} promises ${broken === 1 ? 'is' : 'are'} BROKEN.`;
  return (
    `${verdict} "claimed" is the epsilon that a release is sold for, "shown" the epsilon that the attacker could prove at least;\n` +
    'a promise is broken where more is shown than claimed. An honest shop is accused in fewer than 1 of 100,000 runs.'
  );
}
