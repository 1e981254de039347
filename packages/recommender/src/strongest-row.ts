/** A row that tells less than this share of a score is not the reason for it. */
const LEAST_SHARE = 1 / 3;

/** Finds the row of a history to name as the reason for a score that is a sum over rows. */
export class StrongestRow {
  #row = -1;
  #strongest = 0;
  #total = 0;

  /** @param term what the row adds to the score; what speaks against the item is no reason for it */
  offer(row: number, term: number): void {
    if (!(term > 0)) return;
    this.#total += term;
    if (term <= this.#strongest) return;
    this.#strongest = term;
    this.#row = row;
  }

  /** Index into the history, or -1 where no single row tells a third of what speaks for the item. */
  get row(): number {
    return this.#strongest >= LEAST_SHARE * this.#total ? this.#row : -1;
  }
}
