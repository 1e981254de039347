import type { InteractionReader } from '@sotto/database';
import type { Interactions } from '@sotto/recommender/training';

/**
 * Gathers streamed rows as users' interactions with items, on shared memory that training threads read in place.
 * Rows of products no longer in the catalogue are left out, and of a customer with too many the oldest.
 */
export class InteractionTable implements InteractionReader {
  readonly #maxPerUser: number;
  readonly #chosen: Int32Array | undefined;
  #productIds: Int32Array = new Int32Array();
  /** Item of a product id, -1 where it is not in the catalogue. */
  #itemOf: Int32Array = new Int32Array();
  #userPtr: Int32Array = new Int32Array(1);
  #itemIdx: Int32Array = new Int32Array();
  #kind: Uint8Array = new Uint8Array();
  #time: Uint32Array = new Uint32Array();
  #userCount = 0;
  #rowCount = 0;

  /** @param productIds ascending; left out: what is on sale in the snapshot of the rows */
  constructor(maxPerUser: number, productIds?: Int32Array) {
    this.#maxPerUser = maxPerUser;
    this.#chosen = productIds;
  }

  begin(size: { readonly customerCount: number; readonly rowCount: number; readonly productIds: Int32Array }): void {
    const productIds = this.#chosen ?? size.productIds;
    this.#productIds = productIds;
    this.#itemOf = new Int32Array((productIds.at(-1) ?? 0) + 1).fill(-1);
    for (let item = 0; item < productIds.length; item++) this.#itemOf[productIds[item]!] = item;
    this.#userPtr = new Int32Array(new SharedArrayBuffer(4 * (size.customerCount + 1)));
    this.#itemIdx = new Int32Array(new SharedArrayBuffer(4 * size.rowCount));
    this.#kind = new Uint8Array(new SharedArrayBuffer(size.rowCount));
    this.#time = new Uint32Array(new SharedArrayBuffer(4 * size.rowCount));
  }

  row(isNewCustomer: boolean, productId: number, kind: number, time: number): void {
    if (isNewCustomer) this.#closeUser();
    const item = this.#itemOf[productId] ?? -1;
    if (item < 0) return;
    this.#itemIdx[this.#rowCount] = item;
    this.#kind[this.#rowCount] = kind;
    this.#time[this.#rowCount] = time;
    this.#rowCount++;
  }

  /** After the last row. @returns productIds by item, ascending */
  finish(): { readonly interactions: Interactions; readonly productIds: Int32Array } {
    this.#closeUser();
    const interactions: Interactions = {
      userCount: this.#userCount,
      itemCount: this.#productIds.length,
      userPtr: this.#userPtr.subarray(0, this.#userCount + 1),
      itemIdx: this.#itemIdx.subarray(0, this.#rowCount),
      kind: this.#kind.subarray(0, this.#rowCount),
      time: this.#time.subarray(0, this.#rowCount),
    };
    return { interactions, productIds: this.#productIds };
  }

  #closeUser(): void {
    const start = this.#userPtr[this.#userCount]!;
    if (this.#rowCount === start) return;
    const excess = this.#rowCount - start - this.#maxPerUser;
    if (excess > 0) {
      for (const column of [this.#itemIdx, this.#kind, this.#time])
        column.copyWithin(start, start + excess, this.#rowCount);
      this.#rowCount -= excess;
    }
    this.#userPtr[++this.#userCount] = this.#rowCount;
  }
}
