import { ModelFormatError, type Section, type SectionReader } from '../section.ts';
import { decodeSparseMatrix, encodeSparseMatrix, type SparseMatrix } from '../sparse-matrix.ts';

/** Far above what a catalogue is described by; a profile of so many is held. */
const MOST_FEATURES = 2 ** 24;

/**
 * Weights from item to item by what the catalogue says of them: weight(i, j) = scale_j f_i . f_j, with f the items' sparse
 * features. Everything but the scales is public.
 */
export class ContentWeights {
  readonly #features: SparseMatrix;
  readonly #scales: Float32Array;
  readonly #profile: Float64Array;

  /**
   * @param features shape [itemCount x features], columns ascending
   * @param scales of the items as targets, shape [itemCount]
   */
  constructor(features: SparseMatrix, scales: Float32Array) {
    this.#features = features;
    this.#scales = scales;
    this.#profile = new Float64Array(features.columnCount);
  }

  /** Forgets the items added before. */
  clear(): void {
    this.#profile.fill(0);
  }

  /** Adds an item of a history. */
  addSource(item: number, weight: number): void {
    const { rowPtr, columnIdx, values } = this.#features;
    for (let slot = rowPtr[item]!; slot < rowPtr[item + 1]!; slot++) {
      const column = columnIdx[slot]!;
      this.#profile[column] = this.#profile[column]! + weight * values[slot]!;
    }
  }

  /** Adds to each item's score what the added items say of it. @param out shape [itemCount] */
  addScores(out: Float32Array): void {
    const { rowPtr, columnIdx, values } = this.#features;
    const profile = this.#profile;
    for (let item = 0; item < out.length; item++) {
      let sum = 0;
      for (let slot = rowPtr[item]!; slot < rowPtr[item + 1]!; slot++)
        sum += profile[columnIdx[slot]!]! * values[slot]!;
      out[item] = out[item]! + this.#scales[item]! * sum;
    }
  }

  weightBetween(source: number, target: number): number {
    const { rowPtr, columnIdx, values } = this.#features;
    let sum = 0;
    let own = rowPtr[source]!;
    let other = rowPtr[target]!;
    while (own < rowPtr[source + 1]! && other < rowPtr[target + 1]!) {
      const difference = columnIdx[own]! - columnIdx[other]!;
      if (difference === 0) sum += values[own]! * values[other]!;
      if (difference <= 0) own++;
      if (difference >= 0) other++;
    }
    return this.#scales[target]! * sum;
  }

  encode(): Section[] {
    return [...encodeSparseMatrix('features', this.#features), { name: 'contentScales', data: this.#scales }];
  }

  /** @throws ModelFormatError MALFORMED */
  static decode(reader: SectionReader, itemCount: number): ContentWeights {
    const featureCount = reader.attribute('featureCount');
    if (!Number.isInteger(featureCount) || featureCount < 0 || featureCount > MOST_FEATURES)
      throw new ModelFormatError('MALFORMED', 'The number of features is out of range.');
    const features = decodeSparseMatrix('features', reader, itemCount, featureCount);
    return new ContentWeights(features, reader.float32('contentScales', itemCount));
  }

  get featureCount(): number {
    return this.#features.columnCount;
  }
}
