import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeArtifact, encodeArtifact } from './artifact.ts';
import { readArtifactFile, writeArtifactFile } from './artifact-file.ts';
import { ArtifactError, type ArtifactRefusal } from './section.ts';
import { createCheckerboard, createContext, NOW } from './testing/checkerboard.ts';
import { trainModel } from './train-model.ts';

async function encodeSmallModel(): Promise<Uint8Array> {
  const interactions = createCheckerboard(8);
  const productIds = Int32Array.from({ length: 8 }, (_, item) => item);
  return encodeArtifact(
    await trainModel('item-cosine', { neighbours: 3 }, { interactions, productIds, now: NOW }, createContext()),
  );
}

function refusalOf(bytes: Uint8Array): ArtifactRefusal | 'OPENED' {
  try {
    decodeArtifact(bytes);
    return 'OPENED';
  } catch (error) {
    if (error instanceof ArtifactError) return error.reason;
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
    const productIds = { name: 'productIds', data: new Int32Array(2) };
    const other = writeArtifactFile({ algorithm: 'crystal-ball', attributes: {}, sections: [productIds] });
    expect(refusalOf(other)).toBe('UNKNOWN_ALGORITHM');
    const scores = { name: 'recommender.scores', data: new Float32Array(3) };
    const short = writeArtifactFile({ algorithm: 'popularity', attributes: {}, sections: [productIds, scores] });
    expect(refusalOf(short)).toBe('MALFORMED');
  });
});

describe('an artifact file', () => {
  it('gives back every type of section, from 16-byte boundaries, also out of an unaligned buffer', () => {
    const file = {
      algorithm: 'popularity',
      attributes: { rank: 64, alpha: 0.25 },
      sections: [
        { name: 'a', data: Float32Array.of(1.5, -2) },
        { name: 'b', data: Int32Array.of(-7) },
        { name: 'c', data: Int8Array.of(-128, 127, 3) },
        { name: 'd', data: Uint8Array.of(255) },
        { name: 'e', data: Uint32Array.of(4_294_967_295) },
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
