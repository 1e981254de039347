import type { KernelPool } from '../kernels/pool.ts';
import type { AccountItems } from '../private/account-items.ts';
import { addAccountFactors } from './account-sums.ts';
import type { PrincipalAxes } from './axes.ts';

/** Accounts whose factors are held at once. */
const ACCOUNTS_PER_BLOCK = 32_768;
const ACCOUNTS_PER_CHUNK = 64;

/**
 * Solves accounts' factors from released item factors, block by block, and sums what they contribute. The kernels' memory
 * follows from parameters alone: were it to grow with the accounts, one more could make a training fail, and that would tell.
 */
export class AccountSolver {
  readonly #pool: KernelPool;
  /** Of at most `maxItemsPerAccount` items each. */
  readonly #accounts: AccountItems;
  readonly #rank: number;
  readonly #items: Float32Array;
  readonly #block: Float32Array;
  readonly #ptr: Int32Array;
  readonly #columns: Int32Array;
  readonly #weights: Float32Array;
  readonly #gram: Float32Array;
  readonly #regularization: Float32Array;

  constructor(
    pool: KernelPool,
    accounts: AccountItems,
    {
      rank,
      regularization,
      maxItemsPerAccount,
    }: { readonly rank: number; readonly regularization: number; readonly maxItemsPerAccount: number },
  ) {
    const { memory } = pool;
    const itemsPerBlock = ACCOUNTS_PER_BLOCK * Math.min(maxItemsPerAccount, accounts.itemCount);
    this.#pool = pool;
    this.#accounts = accounts;
    this.#rank = rank;
    this.#items = memory.allocateFloat32(accounts.itemCount * rank);
    this.#block = memory.allocateFloat32(ACCOUNTS_PER_BLOCK * rank);
    this.#ptr = memory.allocateInt32(ACCOUNTS_PER_BLOCK + 1);
    this.#columns = memory.allocateInt32(itemsPerBlock);
    this.#weights = memory.allocateFloat32(itemsPerBlock).fill(1);
    this.#gram = memory.allocateFloat32(rank);
    this.#regularization = memory.allocateFloat32(ACCOUNTS_PER_BLOCK).fill(regularization);
    pool.reserveScratch(pool.kernels.solveScratchBytes(rank));
  }

  /**
   * The exact sums of item times bounded factors, in squared units. Each account's factors minimise
   * sum over its items (1 - u . v)^2 + regularization |u|^2, v being rows of mean squared norm 1.
   * @returns shape [itemCount x rank]
   * @throws TrainingCancelled
   */
  async sumFactors({ vectors, rowCount, rank }: PrincipalAxes): Promise<Float64Array> {
    const scale = Math.sqrt(rowCount / rank);
    for (let at = 0; at < vectors.length; at++) this.#items[at] = scale * vectors[at]!;
    const sums = new Float64Array(rowCount * rank);
    const { accountCount } = this.#accounts;
    for (let begin = 0; begin < accountCount; begin += ACCOUNTS_PER_BLOCK) {
      const end = Math.min(begin + ACCOUNTS_PER_BLOCK, accountCount);
      await this.#solveBlock(begin, end);
      addAccountFactors(this.#accounts, { begin, end }, this.#block, rank, sums);
    }
    return sums;
  }

  async #solveBlock(begin: number, end: number): Promise<void> {
    const { ptr, items } = this.#accounts;
    const start = ptr[begin]!;
    for (let at = begin; at <= end; at++) this.#ptr[at - begin] = ptr[at]! - start;
    this.#columns.set(items.subarray(start, ptr[end]));
    await this.#pool.run(
      'solveRows',
      end - begin,
      ACCOUNTS_PER_CHUNK,
      this.#block.byteOffset,
      this.#items.byteOffset,
      this.#ptr.byteOffset,
      this.#columns.byteOffset,
      this.#weights.byteOffset,
      this.#gram.byteOffset,
      0,
      this.#regularization.byteOffset,
      this.#rank,
    );
  }
}
