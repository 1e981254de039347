import { type ArtifactFile, type ReadOptions, readArtifactFile, writeArtifactFile } from './artifact-file.ts';
import { decodeRecommender, encodeRecommender } from './models/codecs.ts';
import type { Neighbours, ServingModel } from './recommender.ts';
import { ModelFormatError, type Section, SectionReader } from './section.ts';

/** The model as bytes: see artifact-file.ts for how they lie. */
export function encodeArtifact(model: ServingModel): Uint8Array {
  const { attributes, sections } = encodeRecommender(model.recommender);
  return writeArtifactFile({
    algorithm: model.algorithm,
    attributes: prefixed('recommender', attributes),
    sections: [
      { name: 'productIds', data: model.productIds },
      { name: 'popularity', data: model.popularity },
      { name: 'trending', data: model.trending },
      ...encodeNeighbours('related', model.related),
      ...encodeNeighbours('boughtTogether', model.boughtTogether),
      ...sections.map(({ name, data }) => ({ name: `recommender.${name}`, data })),
    ],
  });
}

/**
 * Opens an artifact. The model's arrays are views on `bytes`, which must not change afterwards.
 * @throws ModelFormatError with the reason why the file is refused
 */
export function decodeArtifact(bytes: Uint8Array, options: ReadOptions = {}): ServingModel {
  try {
    return decodeModel(readArtifactFile(bytes, options));
  } catch (error) {
    if (error instanceof ModelFormatError) throw error;
    throw new ModelFormatError('MALFORMED', 'The artifact describes no model.', { cause: error });
  }
}

/** A checksum proves that nothing changed, not that a trainer wrote it: whatever is served from is checked. */
function decodeModel({ algorithm, attributes, sections }: ArtifactFile): ServingModel {
  const reader = new SectionReader({ attributes, sections });
  const productIds = reader.int32('productIds');
  const itemCount = productIds.length;
  checkDistinct(productIds);
  const recommender = decodeRecommender(
    algorithm,
    new SectionReader({
      attributes: unprefixed('recommender', attributes),
      sections: sections.flatMap(({ name, data }) => {
        const own = withoutPrefix('recommender', name);
        return own === undefined ? [] : [{ name: own, data }];
      }),
    }),
    itemCount,
  );
  return {
    algorithm,
    productIds,
    recommender,
    popularity: reader.float32('popularity', itemCount),
    trending: reader.float32('trending', itemCount),
    related: decodeNeighbours('related', reader, itemCount),
    boughtTogether: decodeNeighbours('boughtTogether', reader, itemCount),
  };
}

/** @throws ModelFormatError MALFORMED */
function checkDistinct(productIds: Int32Array): void {
  const ascending = productIds.slice().sort();
  for (let item = 1; item < ascending.length; item++) {
    if (ascending[item] === ascending[item - 1])
      throw new ModelFormatError('MALFORMED', 'A product stands there twice.');
  }
}

function encodeNeighbours(name: string, neighbours: Neighbours): Section[] {
  return [
    { name: `${name}.ptr`, data: neighbours.ptr },
    { name: `${name}.items`, data: neighbours.items },
    { name: `${name}.scores`, data: neighbours.scores },
  ];
}

function decodeNeighbours(name: string, reader: SectionReader, itemCount: number): Neighbours {
  const ptr = reader.rowPointers(`${name}.ptr`, itemCount);
  const count = ptr[itemCount]!;
  const items = reader.indices(`${name}.items`, count, itemCount);
  return { itemCount, ptr, items, scores: reader.float32(`${name}.scores`, count) };
}

function prefixed(prefix: string, attributes: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`${prefix}.${name}`, value]));
}

function unprefixed(prefix: string, attributes: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) => {
      const own = withoutPrefix(prefix, name);
      return own === undefined ? [] : [[own, value]];
    }),
  );
}

function withoutPrefix(prefix: string, name: string): string | undefined {
  return name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : undefined;
}
