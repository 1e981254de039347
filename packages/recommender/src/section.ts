/** A named array of a model's state, as it lies in an artifact. */
export interface Section {
  readonly name: string;
  readonly data: SectionData;
}

export type SectionData = Float32Array | Int32Array | Int8Array | Uint8Array | Uint32Array;

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

export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
  readonly reason: ArtifactRefusal;
  constructor(reason: ArtifactRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Reads sections and attributes of an opened artifact by name, checking type and length. */
export class SectionReader {
  readonly #attributes: Readonly<Record<string, number>>;
  readonly #sections: ReadonlyMap<string, SectionData>;

  constructor(encoded: EncodedRecommender) {
    this.#attributes = encoded.attributes;
    this.#sections = new Map(encoded.sections.map((section) => [section.name, section.data]));
  }

  /** @throws ArtifactError MALFORMED if it is missing or not finite */
  attribute(name: string): number {
    const value = this.#attributes[name];
    if (value === undefined || !Number.isFinite(value)) {
      throw new ArtifactError('MALFORMED', `The artifact has no attribute "${name}".`);
    }
    return value;
  }

  /** @throws ArtifactError MALFORMED if it is missing, of another type, or not of `length` */
  float32(name: string, length?: number): Float32Array {
    const data = this.#find(name, length);
    if (!(data instanceof Float32Array)) throw wrongType(name);
    return data;
  }

  /** @throws ArtifactError MALFORMED if it is missing, of another type, or not of `length` */
  int32(name: string, length?: number): Int32Array {
    const data = this.#find(name, length);
    if (!(data instanceof Int32Array)) throw wrongType(name);
    return data;
  }

  /** @throws ArtifactError MALFORMED if it is missing, of another type, or not of `length` */
  int8(name: string, length?: number): Int8Array {
    const data = this.#find(name, length);
    if (!(data instanceof Int8Array)) throw wrongType(name);
    return data;
  }

  #find(name: string, length: number | undefined): SectionData {
    const data = this.#sections.get(name);
    if (data === undefined) throw new ArtifactError('MALFORMED', `The artifact has no section "${name}".`);
    if (length !== undefined && data.length !== length) {
      throw new ArtifactError('MALFORMED', `Section "${name}" has ${data.length} values instead of ${length}.`);
    }
    return data;
  }
}

function wrongType(name: string): ArtifactError {
  return new ArtifactError('MALFORMED', `Section "${name}" is of another type.`);
}
