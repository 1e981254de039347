import type { DenseProducts, TallMatrix } from '../kernels/dense.ts';
import type { FeatureGroup } from './content-features.ts';

/** Features of all groups together: the commonest of each are kept, since the work grows with their square. */
export const MAX_FEATURES = 384;
/** A feature that the ones before it leave less than this share of says nothing new. */
const LEAST_NEW_SHARE = 0.03;

/** Features as columns weighted by popularity, sparse by item, and what of them the head spans. */
export interface ContentBasis {
  /** Orthonormal over the head, a row for each item of the head. */
  readonly head: TallMatrix;
  /** Columns of `head` that are not padding. */
  readonly rank: number;
  /** Columns begin..end of each group, which may be none. */
  readonly ranges: readonly (readonly [begin: number, end: number])[];
  /**
   * Of each group the sum over its features f of v_f v_f', v_f being the popularity of the feature's items over the root of
   * their sum: the co-occurrence of a shop where everybody stays within one feature. In the basis, shape [rank x rank].
   */
  readonly templates: readonly Float64Array[];
  /** The basis at any item, in the head or not. @param out shape [rank] */
  readRow(item: number, out: Float64Array): void;
}

/**
 * Orthonormal columns that span the features over the head, group after group: what a finer one adds to the coarser.
 * Cholesky's factorisation of the features' Gram matrix in that order, dependent ones left out.
 */
export function createContentBasis(
  groups: readonly FeatureGroup[],
  popularity: Float64Array,
  head: Int32Array,
  products: DenseProducts,
): ContentBasis {
  const columns = weighFeatures(groups, popularity, head);
  const { kept, lower, coefficients } = factorInOrder(gramOf(columns, head), columns.count);
  const rank = kept.length;
  const keptPlace = new Int32Array(columns.count).fill(-1);
  for (const [place, column] of kept.entries()) keptPlace[column] = place;
  const readRow = (item: number, out: Float64Array) => {
    out.fill(0);
    for (let slot = columns.ptr[item]!; slot < columns.ptr[item + 1]!; slot++) {
      const place = keptPlace[columns.indices[slot]!]!;
      if (place >= 0) out[place] = columns.values[slot]!;
    }
    solveLower(lower, out, rank);
  };
  const matrix = products.allocate(rank);
  const row = new Float64Array(rank);
  for (const [place, item] of head.entries()) {
    readRow(item, row);
    matrix.values.set(row, place * matrix.width);
  }
  const ranges = columns.ranges.map(([begin, end]): [number, number] => [
    kept.filter((column) => column < begin).length,
    kept.filter((column) => column < end).length,
  ]);
  const templates = columns.ranges.map(([begin, end]) => sumOfSquares(coefficients, begin, end, rank));
  return { head: matrix, rank, ranges, templates, readRow };
}

interface FeatureColumns {
  readonly count: number;
  readonly ptr: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
  /** Columns of each group. */
  readonly ranges: readonly (readonly [begin: number, end: number])[];
}

/** An item's popularity in each of its features, over the root of the feature's popularity in the head. */
function weighFeatures(groups: readonly FeatureGroup[], popularity: Float64Array, head: Int32Array): FeatureColumns {
  const masses = groups.map((group) => massesOf(group, popularity, head));
  const numbers = numberCommonest(masses);
  const ranges: [number, number][] = [];
  let count = 0;
  for (const own of numbers) {
    const end = own.reduce((most, number) => Math.max(most, number + 1), count);
    ranges.push([count, end]);
    count = end;
  }
  const ptr = new Int32Array(popularity.length + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (const [item, weight] of popularity.entries()) {
    for (const [at, { ptr: own, features, values: shares }] of groups.entries()) {
      for (let slot = own[item]!; slot < own[item + 1]!; slot++) {
        const feature = features[slot]!;
        const column = numbers[at]![feature]!;
        if (column < 0) continue;
        indices.push(column);
        values.push((shares[slot]! * weight) / Math.sqrt(masses[at]![feature]!));
      }
    }
    ptr[item + 1] = indices.length;
  }
  return { count, ptr, indices: Int32Array.from(indices), values: Float64Array.from(values), ranges };
}

function massesOf({ featureCount, ptr, features, values }: FeatureGroup, popularity: Float64Array, head: Int32Array) {
  const masses = new Float64Array(featureCount);
  for (const item of head) {
    for (let slot = ptr[item]!; slot < ptr[item + 1]!; slot++) {
      masses[features[slot]!] = masses[features[slot]!]! + values[slot]! * popularity[item]!;
    }
  }
  return masses;
}

/** Numbers the features in the order of their groups; -1 for those without a mass, or not among the commonest. */
function numberCommonest(masses: readonly Float64Array[]): Int32Array[] {
  const all = masses.flatMap((own, group) => Array.from(own, (mass, feature) => ({ mass, group, feature })));
  // Groups of few features first: a department has more customers than a brand, and must not lose its place to one.
  const kept = all
    .filter(({ mass }) => mass > 0)
    .sort((left, right) => masses[left.group]!.length - masses[right.group]!.length || right.mass - left.mass)
    .slice(0, MAX_FEATURES)
    .sort((left, right) => left.group - right.group || left.feature - right.feature);
  const numbers = masses.map((own) => new Int32Array(own.length).fill(-1));
  for (const [number, { group, feature }] of kept.entries()) numbers[group]![feature] = number;
  return numbers;
}

/** Shape [count x count]. */
function gramOf({ count, ptr, indices, values }: FeatureColumns, head: Int32Array): Float64Array {
  const gram = new Float64Array(count * count);
  for (const item of head) {
    for (let left = ptr[item]!; left < ptr[item + 1]!; left++) {
      const start = indices[left]! * count;
      for (let right = ptr[item]!; right < ptr[item + 1]!; right++) {
        gram[start + indices[right]!] = gram[start + indices[right]!]! + values[left]! * values[right]!;
      }
    }
  }
  return gram;
}

interface OrderedFactor {
  /** Columns that are independent of those before them. */
  readonly kept: readonly number[];
  /** Lower triangular: the kept part of the Gram matrix is lower lower'. Row-major, shape [rank x rank]. */
  readonly lower: Float64Array;
  /** Every column in the orthonormal basis, dependent ones too. Shape [count x rank]. */
  readonly coefficients: Float64Array;
}

function factorInOrder(gram: Float64Array, count: number): OrderedFactor {
  const rows = new Float64Array(count * count);
  const kept: number[] = [];
  for (let column = 0; column < count; column++) {
    const start = column * count;
    let rest = gram[start + column]!;
    for (const [place, earlier] of kept.entries()) {
      let entry = gram[start + earlier]!;
      for (let k = 0; k < place; k++) entry -= rows[start + k]! * rows[earlier * count + k]!;
      const value = entry / rows[earlier * count + place]!;
      rows[start + place] = value;
      rest -= value * value;
    }
    if (rest > LEAST_NEW_SHARE ** 2 * gram[start + column]!) {
      rows[start + kept.length] = Math.sqrt(rest);
      kept.push(column);
    }
  }
  const rank = kept.length;
  const coefficients = new Float64Array(count * rank);
  for (let column = 0; column < count; column++) {
    coefficients.set(rows.subarray(column * count, column * count + rank), column * rank);
  }
  const lower = new Float64Array(rank * rank);
  for (const [place, column] of kept.entries()) {
    lower.set(coefficients.subarray(column * rank, column * rank + place + 1), place * rank);
  }
  return { kept, lower, coefficients };
}

/** b := inverse(lower) b. */
function solveLower(lower: Float64Array, b: Float64Array, order: number): void {
  let first = 0;
  while (first < order && b[first] === 0) first++;
  for (let row = first; row < order; row++) {
    let value = b[row]!;
    const start = row * order;
    for (let k = first; k < row; k++) value -= lower[start + k]! * b[k]!;
    b[row] = value / lower[start + row]!;
  }
}

/** The sum of c c' over rows begin..end. Shape [rank x rank]. */
function sumOfSquares(rows: Float64Array, begin: number, end: number, rank: number): Float64Array {
  const sum = new Float64Array(rank * rank);
  for (let row = begin; row < end; row++) {
    const start = row * rank;
    for (let i = 0; i < rank; i++) {
      const value = rows[start + i]!;
      if (value === 0) continue;
      for (let j = 0; j < rank; j++) sum[i * rank + j] = sum[i * rank + j]! + value * rows[start + j]!;
    }
  }
  return sum;
}
