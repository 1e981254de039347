/** One ask of a request, as the answer's `extensions.privacy` tells it. */
export interface ReceiptLine {
  /** The place in the answer, so that aliases can be told apart. */
  readonly path: string;
  /** Global id of the release. */
  readonly id: string;
  /** What it cost alone; "0" for a replay. */
  readonly epsilon: string;
  readonly isReplay: boolean;
}

export interface PrivacyReceiptShape {
  /** The sum of the lines. What is spent in a cohort rises by less: composition is not a sum. */
  readonly epsilon: string;
  readonly releases: readonly ReceiptLine[];
}

/** Decimals of the contract have at most so many places. */
const DECIMAL_PLACES = 12;

/** What a request spent of the privacy budget. A request that neither priced nor asked anything has no receipt. */
export class PrivacyReceipt {
  readonly #lines: ReceiptLine[] = [];
  #isPriced = false;

  /** A price was told: it costs nothing, and the receipt says so. */
  notePrice(): void {
    this.#isPriced = true;
  }

  noteRelease(line: ReceiptLine): void {
    this.#lines.push(line);
  }

  /** @returns undefined when there is nothing to tell */
  describe(): PrivacyReceiptShape | undefined {
    if (!this.#isPriced && this.#lines.length === 0) return undefined;
    return { epsilon: sumDecimals(this.#lines.map(({ epsilon }) => epsilon)), releases: this.#lines };
  }
}

/** The exact sum of decimals of up to 12 places, without trailing zeros. */
export function sumDecimals(decimals: readonly string[]): string {
  const sum = decimals.reduce((total, decimal) => {
    const [whole = '0', fraction = ''] = decimal.split('.');
    return total + BigInt(whole + fraction.padEnd(DECIMAL_PLACES, '0'));
  }, 0n);
  const digits = sum.toString().padStart(DECIMAL_PLACES + 1, '0');
  const fraction = digits.slice(-DECIMAL_PLACES).replace(/0+$/, '');
  return digits.slice(0, -DECIMAL_PLACES) + (fraction ? `.${fraction}` : '');
}
