const DECIMAL = /^\d{1,9}(\.\d{1,12})?$/;

/** Whether text is a Decimal of the contract: no sign, up to 9 digits before the point and 12 after it. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}
