import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeArtifact, encodeArtifact } from './artifact.ts';
import { readArtifactFile, writeArtifactFile } from './artifact-file.ts';
import { type ArtifactRefusal, ModelFormatError } from './section.ts';
import { createCheckerboard, createContext, NOW, toHistory } from './testing/checkerboard.ts';
import { trainModel } from './train-model.ts';
import type { Algorithm } from './trainer.ts';

async function encodeSmallModel(algorithm: Algorithm = 'item-cosine', hyperparameters = {}): Promise<Uint8Array> {
  const interactions = createCheckerboard(8);
  const productIds = Int32Array.from({ length: 8 }, (_, item) => item);
  const input = { interactions, productIds, now: NOW };
  return encodeArtifact(await trainModel(algorithm, hyperparameters, input, createContext()));
}

function refusalOf(bytes: Uint8Array): ArtifactRefusal | 'OPENED' {
  try {
    decodeArtifact(bytes);
    return 'OPENED';
  } catch (error) {
    if (error instanceof ModelFormatError) return error.reason;
    throw error;
  }
}

describe('a damaged artifact', () => {
  it('is refused whichever byte was altered', async () => {
    const bytes = await encodeSmallModel();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (position, flipped) => {
        const damaged = bytes.slice();
        damaged[position]! ^= flipped;
        expect(refusalOf(damaged)).not.toBe('OPENED');
      }),
      { seed: 2, numRuns: 1_000 },
    );
  });

  it('is refused wherever it was cut', async () => {
    const bytes = await encodeSmallModel();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: bytes.length - 1 }), (length) => {
        expect(refusalOf(bytes.slice(0, length))).toBe('TRUNCATED');
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it('is refused with bytes behind its end, as an empty file, and as something else', async () => {
    const bytes = await encodeSmallModel();
    expect(refusalOf(Buffer.concat([bytes, Buffer.alloc(16)]))).toBe('CORRUPTED');
    expect(refusalOf(new Uint8Array(0))).toBe('NOT_AN_ARTIFACT');
    expect(refusalOf(Buffer.from('PK\u0003\u0004 something else that is long enough to have a head of 64 bytes'))).toBe(
      'NOT_AN_ARTIFACT',
    );
  });

  it('is refused when a newer program wrote it', async () => {
    const bytes = await encodeSmallModel();
    new DataView(bytes.buffer).setUint32(8, 2, true);
    expect(refusalOf(bytes)).toBe('NEWER_VERSION');
  });

  it('is refused when whole but of an algorithm or a shape that is not known', () => {
    const productIds = { name: 'productIds', data: Int32Array.of(3, 4) };
    const other = writeArtifactFile({ algorithm: 'crystal-ball', attributes: {}, sections: [productIds] });
    expect(refusalOf(other)).toBe('UNKNOWN_ALGORITHM');
    const scores = { name: 'recommender.scores', data: new Float32Array(3) };
    const short = writeArtifactFile({ algorithm: 'popularity', attributes: {}, sections: [productIds, scores] });
    expect(refusalOf(short)).toBe('MALFORMED');
  });
});

/** Signs it anew, as whoever can write to the store could. */
function sign(bytes: Uint8Array): Uint8Array {
  const digest = createHash('sha256').update(bytes.subarray(0, 32)).update(bytes.subarray(64)).digest();
  bytes.set(digest, 32);
  return bytes;
}

describe('an artifact that was altered and signed anew', () => {
  const algorithms = ['popularity', 'item-cosine', 'ease', 'ials'] as const;

  it.each(algorithms)('is refused as such or serves: %s', async (algorithm) => {
    const bytes = await encodeSmallModel(algorithm);
    const byte = fc.tuple(fc.nat(bytes.length - 65), fc.constantFrom(0, 1, 0x31, 0x39, 0x7f, 0x80, 0xff));
    fc.assert(
      fc.property(fc.array(byte, { minLength: 1, maxLength: 3 }), (changes) => {
        const altered = bytes.slice();
        for (const [position, value] of changes) altered[64 + position] = value;
        if (refusalOf(sign(altered)) === 'OPENED') serve(altered);
      }),
      { seed: 3, numRuns: 800 },
    );
  });

  it.each([
    ['ials', 'rank', 12],
    ['ials', 'rank', 0],
    ['ials', 'recentItems', 1e9],
    ['ials', 'unobservedWeight', -1],
    ['item-cosine', 'recentItems', 1e9],
    ['item-cosine', 'recentItems', 0.5],
    ['ease', 'decay', 2],
  ] as const)('is refused: %s with %s %d', async (algorithm, name, value) => {
    const file = readArtifactFile(await encodeSmallModel(algorithm));
    const attributes = { ...file.attributes, [`recommender.${name}`]: value };
    expect(refusalOf(writeArtifactFile({ ...file, attributes }))).toBe('MALFORMED');
  });

  it.each([
    ['productIds', 1, 0],
    ['popularity', 0, Number.NaN],
    ['trending', 0, Number.POSITIVE_INFINITY],
    ['related.ptr', 0, -1],
    ['related.ptr', 1, 1_000_000],
    ['related.items', 0, 8],
    ['boughtTogether.items', 0, -1],
    ['boughtTogether.scores', 0, Number.NaN],
    ['recommender.weights.ptr', 0, 1],
    ['recommender.weights.ptr', 1, 2_000_000_000],
    ['recommender.weights.ptr', 8, -1],
    ['recommender.weights.columns', 0, 8],
    ['recommender.weights.columns', 1, 0],
    ['recommender.weights.values', 0, 1e30],
  ])('is refused: section %s with [%d] = %d', async (name, index, value) => {
    const file = readArtifactFile(await encodeSmallModel());
    file.sections.find((section) => section.name === name)!.data[index] = value;
    expect(refusalOf(writeArtifactFile(file))).toBe('MALFORMED');
  });
});

/** What the gateway computes of a model: it ends, with numbers and within bounds. */
function serve(bytes: Uint8Array): void {
  const { recommender, related, boughtTogether, productIds } = decodeArtifact(bytes);
  const scores = new Float32Array(recommender.itemCount);
  const history = toHistory([0, 1, 2, 3, 1].map((item, index) => ({ item, time: NOW + index })));
  recommender.scoreItems(history, scores);
  expect(scores.every(Number.isFinite)).toBe(true);
  for (const item of productIds.keys()) {
    const row = recommender.explain(history, item);
    expect(row).toBeGreaterThanOrEqual(-1);
    expect(row).toBeLessThan(5);
    for (const { ptr, items } of [related, boughtTogether]) {
      for (const neighbour of items.subarray(ptr[item], ptr[item + 1])) expect(productIds[neighbour]).toBeDefined();
    }
  }
}

describe('an artifact file', () => {
  it('gives back every type of section, from 16-byte boundaries, also out of an unaligned buffer', () => {
    const file = {
      algorithm: 'popularity',
      attributes: { rank: 64, alpha: 0.25 },
      sections: [
        { name: 'a', data: Float32Array.of(1.5, -2) },
        { name: 'b', data: Int32Array.of(-7) },
        { name: 'c', data: Float32Array.of(0.1) },
        { name: 'empty', data: new Float32Array(0) },
      ],
    };
    const bytes = writeArtifactFile(file);
    expect(readArtifactFile(bytes)).toEqual(file);
    for (const { data } of readArtifactFile(bytes).sections) expect(data.byteOffset % 16).toBe(0);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(readArtifactFile(shifted.subarray(1))).toEqual(file);
  });
});
