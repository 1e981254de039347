import { compileFilter, type LooseFilter } from './product-filter.ts';
import type { ProductVersion } from './product-version.ts';
import { selectTopK } from './top-k.ts';

/** What an index was before a change; null when the product was not there yet. */
interface Change {
  readonly index: number;
  readonly atMs: number;
  readonly before: ProductVersion | null;
}

/** Which products pass a filter, by index, with the filter for those that the mask does not know. */
export interface FilterMask {
  readonly bits: Uint8Array;
  readonly indexes: Int32Array;
  readonly passes: (version: ProductVersion) => boolean;
}

/** Enough for the longest list and those that are left out of it. */
const NEWEST = 2_000;
const MAX_CACHED_MASKS = 64;
/** Changes remembered however small the catalogue is. */
const MIN_REMEMBERED_CHANGES = 20_000;

/** From product ids and skus to indexes. Only ever grows, so that all catalogues of one load share it. */
class ProductIndex {
  readonly byId = new Map<number, number>();
  readonly bySku = new Map<string, number>();
}

/**
 * The whole product table at one moment, immutable. A product keeps its index from one catalogue to the next, so
 * arrays by index outlive a change. What products were in the last minutes can be asked with `viewAt`.
 */
export class Catalogue {
  /** By index. Deleted ones stay: histories point at them. */
  readonly versions: readonly ProductVersion[];
  /** Indexes in the order of their skus. */
  readonly skuOrder: Int32Array;
  /** When it came into force. Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly #index: ProductIndex;
  /** Oldest first. */
  readonly #changes: readonly Change[];
  /** Views of earlier moments are not known any more. */
  readonly #knownFromMs: number;
  #newest: Int32Array | undefined;
  readonly #masks = new Map<string, FilterMask>();

  private constructor(
    versions: readonly ProductVersion[],
    skuOrder: Int32Array,
    sinceMs: number,
    index: ProductIndex,
    changes: readonly Change[],
    knownFromMs: number,
  ) {
    this.versions = versions;
    this.skuOrder = skuOrder;
    this.sinceMs = sinceMs;
    this.#index = index;
    this.#changes = changes;
    this.#knownFromMs = knownFromMs;
  }

  /** @param versions each product once, in the order of their ids */
  static load(versions: readonly ProductVersion[], sinceMs: number): Catalogue {
    const index = new ProductIndex();
    for (const [position, { product }] of versions.entries()) {
      index.byId.set(product.id, position);
      index.bySku.set(product.sku, position);
    }
    const order = sortBySku(versions, Array.from(versions.keys()));
    // A gateway that just started takes what it finds as having been so: cursors outlive a restart.
    return new Catalogue(versions, Int32Array.from(order), sinceMs, index, [], Number.NEGATIVE_INFINITY);
  }

  get size(): number {
    return this.versions.length;
  }

  indexOfId(id: number): number | undefined {
    const index = this.#index.byId.get(id);
    return index !== undefined && index < this.size ? index : undefined;
  }

  indexOfSku(sku: string): number | undefined {
    const index = this.#index.bySku.get(sku);
    return index !== undefined && index < this.size ? index : undefined;
  }

  /** The newest products, newest first. */
  get newest(): Int32Array {
    this.#newest ??= findNewest(this.versions);
    return this.#newest;
  }

  /**
   * The next catalogue. This one stays as it is.
   * @param changed new versions, new products in the order of their ids
   * @param nowMs later than every moment a view of this catalogue may be asked for as "now"
   * @param forgetBeforeMs changes before it are dropped
   */
  withChanges(changed: readonly ProductVersion[], nowMs: number, forgetBeforeMs: number): Catalogue {
    const versions = this.versions.slice();
    const changes = this.#changes.filter(({ atMs }) => atMs >= forgetBeforeMs);
    let knownFromMs = Math.max(this.#knownFromMs, this.#changes.length > changes.length ? forgetBeforeMs : -Infinity);
    const added: number[] = [];
    for (const version of changed) {
      const known = this.#index.byId.get(version.product.id);
      const index = known ?? versions.length;
      changes.push({ index, atMs: nowMs, before: versions[index] ?? null });
      if (known === undefined) {
        this.#index.byId.set(version.product.id, index);
        this.#index.bySku.set(version.product.sku, index);
        added.push(index);
      }
      versions[index] = version;
    }
    const excess = changes.length - Math.max(MIN_REMEMBERED_CHANGES, 2 * versions.length);
    if (excess > 0) {
      knownFromMs = changes[excess - 1]!.atMs;
      changes.splice(0, excess);
    }
    const skuOrder =
      added.length === 0 ? this.skuOrder : mergeBySku(versions, this.skuOrder, sortBySku(versions, added));
    const next = new Catalogue(versions, skuOrder, nowMs, this.#index, changes, knownFromMs);
    if (changed.every((version) => isAsNew(version, this.versions[this.#index.byId.get(version.product.id)!])))
      next.#newest = this.#newest;
    return next;
  }

  /** @returns undefined when that moment is too long ago. */
  viewAt(atMs: number): CatalogueView | undefined {
    if (atMs >= this.sinceMs) return new CatalogueView(this, undefined);
    if (atMs < this.#knownFromMs) return undefined;
    const before = new Map<number, ProductVersion | null>();
    for (let position = this.#changes.length - 1; position >= 0; position--) {
      const change = this.#changes[position]!;
      if (change.atMs <= atMs) break;
      before.set(change.index, change.before);
    }
    return new CatalogueView(this, before.size === 0 ? undefined : before);
  }

  /** @returns undefined when everything passes */
  maskOf(filter: LooseFilter): FilterMask | undefined {
    const { categories, brands, priceMin, priceMax, isAvailable } = filter;
    const key = JSON.stringify([categories, brands, priceMin, priceMax, isAvailable]);
    if (key === EVERYTHING) return undefined;
    let mask = this.#masks.get(key);
    if (!mask) {
      mask = this.#computeMask(compileFilter(filter)!);
      const oldest = this.#masks.keys().next();
      if (this.#masks.size >= MAX_CACHED_MASKS && !oldest.done) this.#masks.delete(oldest.value);
      this.#masks.set(key, mask);
    }
    return mask;
  }

  #computeMask(passes: (version: ProductVersion) => boolean): FilterMask {
    const bits = new Uint8Array(this.size);
    const indexes: number[] = [];
    for (let index = 0; index < bits.length; index++) {
      if (!passes(this.versions[index]!)) continue;
      bits[index] = 1;
      indexes.push(index);
    }
    return { bits, indexes: Int32Array.from(indexes), passes };
  }
}

const EVERYTHING = JSON.stringify([undefined, undefined, undefined, undefined, undefined]);

/** The catalogue as it was at a moment. */
export class CatalogueView {
  readonly catalogue: Catalogue;
  /** Undefined when nothing changed since. */
  readonly #before: ReadonlyMap<number, ProductVersion | null> | undefined;

  constructor(catalogue: Catalogue, before: ReadonlyMap<number, ProductVersion | null> | undefined) {
    this.catalogue = catalogue;
    this.#before = before;
  }

  /** @returns undefined for a product that was not there yet. */
  versionAt(index: number): ProductVersion | undefined {
    if (this.#before !== undefined) {
      const before = this.#before.get(index);
      if (before !== undefined) return before ?? undefined;
    }
    return this.catalogue.versions[index];
  }

  passes(mask: FilterMask, index: number): boolean {
    if (this.#before?.has(index)) {
      const version = this.#before.get(index);
      return version != null && mask.passes(version);
    }
    return mask.bits[index] === 1;
  }

  /** The indexes that pass, changed ones included. */
  *indexesOf(mask: FilterMask): Iterable<number> {
    for (const index of mask.indexes) if (this.passes(mask, index)) yield index;
    if (this.#before === undefined) return;
    for (const index of this.#before.keys()) if (mask.bits[index] !== 1 && this.passes(mask, index)) yield index;
  }
}

/** From the end, where new products are: those that come later then rarely displace any. */
function findNewest(versions: readonly ProductVersion[]): Int32Array {
  const last = versions.length - 1;
  const moments = new Float64Array(versions.length);
  for (const [index, { freshAtMs, isDeleted }] of versions.entries()) moments[last - index] = isDeleted ? 0 : freshAtMs;
  const count = Math.min(NEWEST, versions.length);
  // Of those that came in one import, the last.
  const tieBreakOf = (position: number) => -versions[last - position]!.product.id;
  return selectTopK(moments, count, () => true, tieBreakOf).positions.map((position) => last - position);
}

function isAsNew(version: ProductVersion, before: ProductVersion | undefined): boolean {
  return before?.freshAtMs === version.freshAtMs && before.isDeleted === version.isDeleted;
}

function sortBySku(versions: readonly ProductVersion[], indexes: number[]): number[] {
  return indexes.sort((left, right) => compareSkus(versions, left, right));
}

function mergeBySku(versions: readonly ProductVersion[], order: Int32Array, added: readonly number[]): Int32Array {
  const merged = new Int32Array(order.length + added.length);
  let next = 0;
  let from = 0;
  for (const index of added) {
    while (from < order.length && compareSkus(versions, order[from]!, index) < 0) merged[next++] = order[from++]!;
    merged[next++] = index;
  }
  merged.set(order.subarray(from), next);
  return merged;
}

function compareSkus(versions: readonly ProductVersion[], left: number, right: number): number {
  const [leftSku, rightSku] = [versions[left]!.product.sku, versions[right]!.product.sku];
  return leftSku < rightSku ? -1 : leftSku > rightSku ? 1 : 0;
}
