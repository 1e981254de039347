/** A named array of a model's state, as it lies in an artifact. */
export interface Section {
  readonly name: string;
  readonly data: SectionData;
}

export type SectionData = Float32Array | Int32Array;

/** What a model writes of itself: small scalars beside its arrays. */
export interface EncodedRecommender {
  readonly attributes: Readonly<Record<string, number>>;
  readonly sections: readonly Section[];
}

/** Why a file is refused. Nothing of a refused file is used. */
export type ArtifactRefusal =
  | 'NOT_AN_ARTIFACT'
  | 'NEWER_VERSION'
  | 'TRUNCATED'
  | 'CORRUPTED'
  | 'MALFORMED'
  | 'UNKNOWN_ALGORITHM';

export class ModelFormatError extends Error {
  override readonly name = 'ModelFormatError';
  readonly reason: ArtifactRefusal;
  constructor(reason: ArtifactRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Far above what training gives, and products of two, summed over any rank, are still finite in float32. */
const GREATEST_VALUE = 1e12;

/** Reads sections and attributes of an opened artifact by name. What it gives is safe to compute with. */
export class SectionReader {
  readonly #attributes: Readonly<Record<string, number>>;
  readonly #sections: ReadonlyMap<string, SectionData>;

  constructor(encoded: EncodedRecommender) {
    this.#attributes = encoded.attributes;
    this.#sections = new Map(encoded.sections.map((section) => [section.name, section.data]));
  }

  /** @throws ModelFormatError MALFORMED if it is missing or not finite */
  attribute(name: string): number {
    const value = this.#attributes[name];
    if (value === undefined || !Number.isFinite(value)) {
      throw new ModelFormatError('MALFORMED', `The artifact has no attribute "${name}".`);
    }
    return value;
  }

  /** @throws ModelFormatError MALFORMED if it is missing, of another type, not of `length`, or has a value no model has */
  float32(name: string, length: number): Float32Array {
    const data = this.#find(name, length);
    if (!(data instanceof Float32Array)) throw wrongType(name);
    // A loop, since `every` takes several times as long and this is read while requests wait.
    for (let at = 0; at < data.length; at++) {
      // Written so that what is not a number fails too.
      if (!(Math.abs(data[at]!) <= GREATEST_VALUE)) throw outOfRange(name);
    }
    return data;
  }

  /** @throws ModelFormatError MALFORMED if it is missing, of another type, or not of `length` */
  int32(name: string, length?: number): Int32Array {
    const data = this.#find(name, length);
    if (!(data instanceof Int32Array)) throw wrongType(name);
    return data;
  }

  /**
   * Indices below `bound`.
   * @throws ModelFormatError MALFORMED as `int32`, or if one is not
   */
  indices(name: string, length: number, bound: number): Int32Array {
    const data = this.int32(name, length);
    for (let at = 0; at < data.length; at++) if (!(data[at]! >= 0 && data[at]! < bound)) throw outOfRange(name);
    return data;
  }

  /**
   * Where each of `rowCount` rows begins, and at last where the last one ends.
   * @throws ModelFormatError MALFORMED as `int32`, or if it does not ascend from 0
   */
  rowPointers(name: string, rowCount: number): Int32Array {
    const data = this.int32(name, rowCount + 1);
    if (data[0] !== 0) throw outOfRange(name);
    for (let row = 0; row < rowCount; row++) if (data[row + 1]! < data[row]!) throw outOfRange(name);
    return data;
  }

  #find(name: string, length: number | undefined): SectionData {
    const data = this.#sections.get(name);
    if (data === undefined) throw new ModelFormatError('MALFORMED', `The artifact has no section "${name}".`);
    if (length !== undefined && data.length !== length) {
      throw new ModelFormatError('MALFORMED', `Section "${name}" has ${data.length} values instead of ${length}.`);
    }
    return data;
  }
}

function outOfRange(name: string): ModelFormatError {
  return new ModelFormatError('MALFORMED', `Section "${name}" has a value out of range.`);
}

function wrongType(name: string): ModelFormatError {
  return new ModelFormatError('MALFORMED', `Section "${name}" is of another type.`);
}
