import { createHash } from 'node:crypto';
import { ModelFormatError, type Section, type SectionData } from './section.ts';

/*
 * A file. Its arrays are used where they lie, so they are little-endian as x64 and arm64 are; a big-endian machine would
 * find a magic it knows and numbers it cannot read, and is not supported.
 *
 *   0   8  magic "SOTTOMDL"
 *   8   4  format version
 *  12   4  bytes of the JSON header
 *  16   4  bytes of the whole file
 *  20  12  zero
 *  32  32  SHA-256 of everything else
 *  64      JSON header, padded to a multiple of 16, then the sections, each from a multiple of 16
 */
const MAGIC = Buffer.from('SOTTOMDL', 'latin1');
const FORMAT_VERSION = 1;
const DIGEST_START = 32;
const HEADER_START = 64;
/** WASM SIMD loads read 16 bytes at once. */
const ALIGNMENT = 16;

type Dtype = 'float32' | 'int32';

interface SectionArray {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): SectionData;
  readonly BYTES_PER_ELEMENT: number;
}

const DTYPES: Readonly<Record<Dtype, SectionArray>> = {
  float32: Float32Array,
  int32: Int32Array,
};

interface SectionEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly length: number;
  /** From the end of the padded header. */
  readonly offset: number;
}

/** What a file says: its kind of model, small scalars, and arrays. */
export interface ArtifactFile {
  readonly algorithm: string;
  readonly attributes: Readonly<Record<string, number>>;
  readonly sections: readonly Section[];
}

/** Lays the file out and signs it with its SHA-256. */
export function writeArtifactFile(file: ArtifactFile): Uint8Array {
  const placed = layOut(file.sections);
  const header = Buffer.from(
    JSON.stringify({ algorithm: file.algorithm, attributes: file.attributes, sections: placed }),
    'utf8',
  );
  const sectionsStart = align(HEADER_START + header.byteLength);
  const last = placed.at(-1);
  const end = sectionsStart + (last === undefined ? 0 : last.offset + byteLengthOf(last));

  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC, 0);
  view.setUint32(8, FORMAT_VERSION, true);
  view.setUint32(12, header.byteLength, true);
  view.setUint32(16, end, true);
  bytes.set(header, HEADER_START);
  for (const [index, { data }] of file.sections.entries()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sectionsStart + placed[index]!.offset);
  }
  bytes.set(digestOf(bytes), DIGEST_START);
  return bytes;
}

export interface ReadOptions {
  /** Another checksum over all bytes was just compared: this one, a millisecond a megabyte, is left out. */
  readonly isVerified?: boolean;
}

/**
 * Opens a file. The arrays are views on `bytes` where they lie aligned, so `bytes` must not change afterwards.
 * @throws ModelFormatError with the reason it is refused
 */
export function readArtifactFile(bytes: Uint8Array, { isVerified = false }: ReadOptions = {}): ArtifactFile {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < HEADER_START) {
    const isBeginning = MAGIC.subarray(0, Math.min(MAGIC.length, bytes.byteLength)).equals(
      start.subarray(0, MAGIC.length),
    );
    throw isBeginning && bytes.byteLength > 0
      ? new ModelFormatError('TRUNCATED', 'The artifact ends within its first 64 bytes.')
      : new ModelFormatError('NOT_AN_ARTIFACT', 'This is not a model artifact.');
  }
  if (!MAGIC.equals(start.subarray(0, MAGIC.length))) {
    throw new ModelFormatError('NOT_AN_ARTIFACT', 'This is not a model artifact.');
  }
  const version = start.readUInt32LE(8);
  if (version > FORMAT_VERSION) {
    throw new ModelFormatError(
      'NEWER_VERSION',
      `The artifact is of format ${version}; this program reads up to format ${FORMAT_VERSION}.`,
    );
  }
  const headerLength = start.readUInt32LE(12);
  const totalLength = start.readUInt32LE(16);
  if (bytes.byteLength < totalLength) {
    throw new ModelFormatError('TRUNCATED', `The artifact has ${bytes.byteLength} of its ${totalLength} bytes.`);
  }
  if (!isVerified && !digestOf(bytes).equals(start.subarray(DIGEST_START, HEADER_START))) {
    throw new ModelFormatError('CORRUPTED', 'The artifact does not match its checksum.');
  }
  if (version !== FORMAT_VERSION || totalLength !== bytes.byteLength || HEADER_START + headerLength > totalLength) {
    throw new ModelFormatError('MALFORMED', 'The artifact contradicts itself.');
  }
  const header = parseHeader(start.subarray(HEADER_START, HEADER_START + headerLength).toString('utf8'));
  const body = bytes.subarray(align(HEADER_START + headerLength));
  return {
    algorithm: header.algorithm,
    attributes: header.attributes,
    sections: header.sections.map((entry) => ({ name: entry.name, data: openSection(body, entry) })),
  };
}

function layOut(sections: readonly Section[]): SectionEntry[] {
  let offset = 0;
  return sections.map(({ name, data }) => {
    const entry = { name, dtype: dtypeOf(data), length: data.length, offset };
    offset = align(offset + data.byteLength);
    return entry;
  });
}

function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

function dtypeOf(data: SectionData): Dtype {
  return data instanceof Float32Array ? 'float32' : 'int32';
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes.subarray(0, DIGEST_START)).update(bytes.subarray(HEADER_START)).digest();
}

function byteLengthOf(entry: SectionEntry): number {
  return entry.length * DTYPES[entry.dtype].BYTES_PER_ELEMENT;
}

function openSection(body: Uint8Array, entry: SectionEntry): SectionData {
  const end = entry.offset + byteLengthOf(entry);
  if (end > body.byteLength) throw badHeader(`sections.${entry.name}`);
  const SectionArray = DTYPES[entry.dtype];
  const offset = body.byteOffset + entry.offset;
  if (offset % ALIGNMENT === 0) return new SectionArray(body.buffer, offset, entry.length);
  const copy = Uint8Array.from(body.subarray(entry.offset, end));
  return new SectionArray(copy.buffer, 0, entry.length);
}

function parseHeader(json: string) {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw new ModelFormatError('MALFORMED', 'The header of the artifact is not JSON.', { cause });
  }
  if (!isRecord(parsed)) throw badHeader('header');
  const { algorithm, attributes, sections } = parsed;
  if (typeof algorithm !== 'string') throw badHeader('algorithm');
  if (!isRecord(attributes) || !isNumberRecord(attributes)) throw badHeader('attributes');
  if (!Array.isArray(sections)) throw badHeader('sections');
  return { algorithm, attributes, sections: sections.map(parseEntry) };
}

function parseEntry(entry: unknown): SectionEntry {
  if (!isRecord(entry)) throw badHeader('sections');
  const { name, dtype, length, offset } = entry;
  if (typeof name !== 'string' || typeof dtype !== 'string' || !isDtype(dtype)) throw badHeader('sections');
  if (!isCount(length) || !isCount(offset) || offset % ALIGNMENT !== 0) throw badHeader(`sections.${name}`);
  return { name, dtype, length, offset };
}

function badHeader(field: string): ModelFormatError {
  return new ModelFormatError('MALFORMED', `The header of the artifact is wrong at "${field}".`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumberRecord(value: Record<string, unknown>): value is Record<string, number> {
  return Object.values(value).every((entry) => typeof entry === 'number');
}

function isDtype(value: string): value is Dtype {
  return Object.hasOwn(DTYPES, value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
