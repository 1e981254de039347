const WHOLE = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const MONTHS = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const COUNTRIES = new Intl.DisplayNames(['en-GB'], { type: 'region' });

export type FormatValue = (value: number) => string;

export const formatCount: FormatValue = (count) => toPlainMinus(WHOLE.format(count));

/** @param currency ISO 4217 */
export function createMoneyFormat(currency: string): FormatValue {
  const money = new Intl.NumberFormat('en-GB', { style: 'currency', currency, maximumFractionDigits: 0 });
  return (hundredths) => toPlainMinus(money.format(hundredths / 100));
}

/** By the unit that a release names. */
export function formatOf(unit: unknown, currency: string): FormatValue {
  return unit === 'hundredths of the currency' ? createMoneyFormat(currency) : formatCount;
}

/** 0.234 as "23.4 %". */
export function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** With its sign, whatever it is. */
export function formatSigned(value: number, format: FormatValue): string {
  return value > 0 ? `+${format(value)}` : format(value);
}

/** "2011-01" as "January 2011". */
export function formatMonth(month: string): string {
  return MONTHS.format(new Date(`${month}-01T00:00:00Z`));
}

/** "DE" as "Germany". */
export function formatCountry(code: string): string {
  return COUNTRIES.of(code) ?? code;
}

/** Negative zero is no number that anybody wants to read. */
function toPlainMinus(text: string): string {
  return /^-\D*0$/.test(text) ? text.slice(1) : text;
}
