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
  /** False when an ask broke off in the middle: the ledger says whether it was charged. */
  readonly isComplete: boolean;
}

/** Decimals of the contract have at most so many places. */
const DECIMAL_PLACES = 12;

/** What a request spent of the privacy budget. A request that neither priced nor asked anything has no receipt. */
export class PrivacyReceipt {
  readonly #lines: ReceiptLine[] = [];
  #isOpen = false;
  #isComplete = true;

  /** The request prices or asks something: its answer says what that cost, even if it was nothing. */
  open(): void {
    this.#isOpen = true;
  }

  noteRelease(line: ReceiptLine): void {
    this.open();
    this.#lines.push(line);
  }

  /** An ask failed for a reason of its own, after which nobody here knows whether it was charged. */
  noteBreak(): void {
    this.open();
    this.#isComplete = false;
  }

  /** @returns undefined when there is nothing to tell */
  describe(): PrivacyReceiptShape | undefined {
    if (!this.#isOpen) return undefined;
    return {
      epsilon: sumDecimals(this.#lines.map(({ epsilon }) => epsilon)),
      releases: this.#lines,
      isComplete: this.#isComplete,
    };
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
