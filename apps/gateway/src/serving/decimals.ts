/** A Decimal of the contract as text that sorts as the number does: no float loses a digit. */
export function sortableDecimal(decimal: string): string {
  const [whole = '', fraction = ''] = decimal.split('.');
  return `${whole.padStart(9, '0')}.${fraction.padEnd(12, '0')}`;
}
