import type { FeatureGroup } from '../private/content-features.ts';
import { createRandom } from '../random.ts';

/** Public random signs that a matrix's norm is estimated with: off by about a sixth, which moves no share much. */
const PROBES = 32;
const PROBE_SEED = 1;
const MOST_STEPS = 200;
/** Squared residual of the linear system against its right side. */
const TOLERANCE = 1e-6;

/**
 * What is known of item factors before and beside their noisy sums: items with the same category or brand are alike. Each
 * column of the factors is taken for F beta + e, with F the features of the catalogue, beta about normal of variance c1 and e
 * of variance c2, seen under noise of a known variance. The variances come from the noisy sums by moments, the factors are
 * their posterior mean. All of it is post-processing of a release and of what is public.
 */
export class ItemPrior {
  readonly #itemCount: number;
  readonly #features: FeatureRows;
  /** |FF'|^2 and the sum of the squares of its diagonal: moments that c1 is estimated against. */
  readonly #similarity: { readonly squares: number; readonly diagonalSquares: number; readonly trace: number };

  /** @param groups how the catalogue describes the items; none: items are alike in nothing */
  constructor(itemCount: number, groups: readonly FeatureGroup[]) {
    this.#itemCount = itemCount;
    this.#features = joinGroups(itemCount, groups);
    this.#similarity = measureSimilarity(this.#features);
  }

  get hasFeatures(): boolean {
    return this.#features.featureCount > 0;
  }

  /** Random vectors that items share as far as they share features, and beside them a small part of their own. */
  draw(rank: number, random: () => number): Float64Array {
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const weights = Float64Array.from({ length: this.#features.featureCount * rank }, normal);
    const drawn = multiply(this.#features, weights, rank);
    const own = this.hasFeatures ? 0.1 : 1;
    return drawn.map((value) => value + own * normal());
  }

  /**
   * The posterior mean of factors given their noisy sums.
   * @param noisy shape [itemCount x rank]
   * @param isMeasured whether an item's own sums tell more than noise; the others keep what their features tell. Shape [itemCount]
   */
  denoise(noisy: Float64Array, rank: number, noiseVariance: number, isMeasured: Uint8Array): Float64Array {
    const { shared, own } = this.#estimateVariances(noisy, rank, noiseVariance);
    const ownShare = own / (own + noiseVariance);
    const prior =
      shared > 0
        ? multiply(this.#features, this.#fitFeatures(noisy, rank, (own + noiseVariance) / shared), rank)
        : new Float64Array(noisy.length);
    for (let item = 0, at = 0; item < this.#itemCount; item++) {
      const share = isMeasured[item] === 1 ? ownShare : 0;
      for (let k = 0; k < rank; k++, at++) prior[at] = prior[at]! + share * (noisy[at]! - prior[at]!);
    }
    return prior;
  }

  /** By moments: E b_i'b_j / rank = c1 (FF')_ij, and on the diagonal c2 and the noise beside it. */
  #estimateVariances(noisy: Float64Array, rank: number, noiseVariance: number): { shared: number; own: number } {
    const { ptr, values } = this.#features;
    const { squares, diagonalSquares, trace } = this.#similarity;
    let energy = 0;
    let weighted = 0;
    for (let item = 0; item < this.#itemCount; item++) {
      let square = 0;
      for (let at = item * rank; at < (item + 1) * rank; at++) square += noisy[at]! * noisy[at]!;
      energy += square / rank;
      weighted += (square / rank) * squaredNorm(values, ptr[item]!, ptr[item + 1]!);
    }
    const projected = multiplyTransposed(this.#features, noisy, rank);
    const alike = projected.reduce((sum, value) => sum + value * value, 0) / rank - weighted;
    const pairs = squares - diagonalSquares;
    const shared = pairs > 0 ? Math.max(0, alike / pairs) : 0;
    // A residue of each item's own is always possible: with none, what sells against its category would be lost for good.
    const least = 1e-3 * noiseVariance;
    return {
      shared,
      own: Math.max(least, energy / this.#itemCount - noiseVariance - (shared * trace) / this.#itemCount),
    };
  }

  /** beta of (F'F + penalty I) beta = F'b by conjugate gradients, all columns at once. */
  #fitFeatures(noisy: Float64Array, rank: number, penalty: number): Float64Array {
    const features = this.#features;
    const residual = multiplyTransposed(features, noisy, rank);
    const solution = new Float64Array(residual.length);
    const direction = residual.slice();
    let squares = columnProducts(residual, residual, rank);
    const enough = squares.map((square) => TOLERANCE * square);
    for (let step = 0; step < MOST_STEPS && squares.some((square, k) => square > enough[k]!); step++) {
      const image = multiplyTransposed(features, multiply(features, direction, rank), rank);
      for (let at = 0; at < image.length; at++) image[at] = image[at]! + penalty * direction[at]!;
      const curvatures = columnProducts(direction, image, rank);
      const lengths = squares.map((square, k) => (curvatures[k]! > 0 ? square / curvatures[k]! : 0));
      for (let at = 0; at < solution.length; at++) {
        const length = lengths[at % rank]!;
        solution[at] = solution[at]! + length * direction[at]!;
        residual[at] = residual[at]! - length * image[at]!;
      }
      const left = columnProducts(residual, residual, rank);
      const turns = left.map((square, k) => (squares[k]! > 0 ? square / squares[k]! : 0));
      for (let at = 0; at < direction.length; at++) direction[at] = residual[at]! + turns[at % rank]! * direction[at]!;
      squares = left;
    }
    return solution;
  }
}

/** F as sparse rows. */
interface FeatureRows {
  readonly featureCount: number;
  /** Shape [itemCount + 1]. */
  readonly ptr: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

/** Side by side. What all items share is popularity's, and is left out. */
function joinGroups(itemCount: number, groups: readonly FeatureGroup[]): FeatureRows {
  const told = groups.filter(({ name }) => name !== 'all');
  const ptr = new Int32Array(itemCount + 1);
  const columns: number[] = [];
  const values: number[] = [];
  for (let item = 0; item < itemCount; item++) {
    let offset = 0;
    for (const group of told) {
      for (let at = group.ptr[item]!; at < group.ptr[item + 1]!; at++) {
        columns.push(offset + group.features[at]!);
        values.push(group.values[at]!);
      }
      offset += group.featureCount;
    }
    ptr[item + 1] = columns.length;
  }
  const featureCount = told.reduce((sum, group) => sum + group.featureCount, 0);
  return { featureCount, ptr, columns: Int32Array.from(columns), values: Float64Array.from(values) };
}

/** |FF'|^2 as the mean of |FF'z|^2 over random signs z (Hutchinson 1990): exact sums would cost the square of a category. */
function measureSimilarity(features: FeatureRows): { squares: number; diagonalSquares: number; trace: number } {
  const { ptr, values } = features;
  const itemCount = ptr.length - 1;
  let diagonalSquares = 0;
  let trace = 0;
  for (let item = 0; item < itemCount; item++) {
    const norm = squaredNorm(values, ptr[item]!, ptr[item + 1]!);
    trace += norm;
    diagonalSquares += norm * norm;
  }
  const random = createRandom(PROBE_SEED);
  const signs = Float64Array.from({ length: itemCount * PROBES }, () => (random() < 0.5 ? -1 : 1));
  const image = multiply(features, multiplyTransposed(features, signs, PROBES), PROBES);
  const squares = image.reduce((sum, value) => sum + value * value, 0) / PROBES;
  return { squares, diagonalSquares, trace };
}

/** F times a dense matrix. Shape [itemCount x width]. */
function multiply({ ptr, columns, values }: FeatureRows, dense: Float64Array, width: number): Float64Array {
  const itemCount = ptr.length - 1;
  const product = new Float64Array(itemCount * width);
  for (let item = 0; item < itemCount; item++) {
    for (let at = ptr[item]!; at < ptr[item + 1]!; at++) {
      addScaled(product, item * width, dense, columns[at]! * width, values[at]!, width);
    }
  }
  return product;
}

/** F' times a dense matrix. Shape [featureCount x width]. */
function multiplyTransposed(features: FeatureRows, dense: Float64Array, width: number): Float64Array {
  const { featureCount, ptr, columns, values } = features;
  const product = new Float64Array(featureCount * width);
  for (let item = 0; item < ptr.length - 1; item++) {
    for (let at = ptr[item]!; at < ptr[item + 1]!; at++) {
      addScaled(product, columns[at]! * width, dense, item * width, values[at]!, width);
    }
  }
  return product;
}

function addScaled(
  target: Float64Array,
  to: number,
  source: Float64Array,
  from: number,
  factor: number,
  width: number,
): void {
  for (let k = 0; k < width; k++) target[to + k] = target[to + k]! + factor * source[from + k]!;
}

function columnProducts(left: Float64Array, right: Float64Array, rank: number): Float64Array {
  const products = new Float64Array(rank);
  for (let at = 0; at < left.length; at++) products[at % rank] = products[at % rank]! + left[at]! * right[at]!;
  return products;
}

function squaredNorm(values: Float64Array, begin: number, end: number): number {
  let sum = 0;
  for (let at = begin; at < end; at++) sum += values[at]! * values[at]!;
  return sum;
}
