import { type ReadOptions, readArtifactFile, writeArtifactFile } from '../artifact-file.ts';
import { ModelFormatError, SectionReader } from '../section.ts';
import { packedLength } from './packed-triangle.ts';

const ALGORITHM = 'private-statistic';

/**
 * The private co-occurrence statistic as released, noise included: whatever is computed from it costs nothing more.
 * Sums are in accounts: an account with k items adds 1 / k to each of its k^2 co-occurrences, 1 / sqrt(k) to each interest.
 */
export interface ReleasedStatistic {
  /** Seconds since 1970: what was known then is in it. */
  readonly endsAt: number;
  /** The catalogue at the time. Shape [itemCount]. */
  readonly productIds: Int32Array;
  /** Sums of 1 / sqrt(k) by item. Shape [itemCount]. */
  readonly interest: Float32Array;
  /** The same of the last days before `endsAt` alone, k being the items of those days. Shape [itemCount]. */
  readonly recentInterest: Float32Array;
  readonly recentDays: number;
  /** Items whose co-occurrence is counted, ascending. Shape [headCount]. */
  readonly head: Int32Array;
  /** Upper triangle by rows, the diagonal included. Shape [headCount * (headCount + 1) / 2]. */
  readonly coOccurrence: Float32Array;
  /** Standard deviations of the noise, in accounts. Off the diagonal it is that of the diagonal / sqrt(2). */
  readonly deviations: {
    readonly diagonal: number;
    readonly interest: number;
    readonly recentInterest: number;
  };
}

/** The statistic as bytes, 191 MiB for 10,000 items: see artifact-file.ts for how they lie. */
export function encodeStatistic(statistic: ReleasedStatistic): Uint8Array {
  const { endsAt, recentDays, deviations } = statistic;
  return writeArtifactFile({
    algorithm: ALGORITHM,
    attributes: {
      endsAt,
      recentDays,
      diagonalDeviation: deviations.diagonal,
      interestDeviation: deviations.interest,
      recentInterestDeviation: deviations.recentInterest,
    },
    sections: [
      { name: 'productIds', data: statistic.productIds },
      { name: 'interest', data: statistic.interest },
      { name: 'recentInterest', data: statistic.recentInterest },
      { name: 'head', data: statistic.head },
      { name: 'coOccurrence', data: statistic.coOccurrence },
    ],
  });
}

/**
 * Opens an encoded statistic. Its arrays are views on `bytes`, which must not change afterwards.
 * @throws ModelFormatError with the reason why the file is refused
 */
export function decodeStatistic(bytes: Uint8Array, options: ReadOptions = {}): ReleasedStatistic {
  const file = readArtifactFile(bytes, options);
  if (file.algorithm !== ALGORITHM) {
    throw new ModelFormatError('UNKNOWN_ALGORITHM', `This is a "${file.algorithm}", not a statistic.`);
  }
  const reader = new SectionReader(file);
  const productIds = reader.int32('productIds');
  const itemCount = productIds.length;
  const head = reader.indices('head', reader.int32('head').length, itemCount);
  for (let place = 1; place < head.length; place++) {
    if (head[place]! <= head[place - 1]!) throw new ModelFormatError('MALFORMED', 'The head does not ascend.');
  }
  return {
    endsAt: reader.attribute('endsAt'),
    productIds,
    interest: reader.float32('interest', itemCount),
    recentInterest: reader.float32('recentInterest', itemCount),
    recentDays: reader.attribute('recentDays'),
    head,
    coOccurrence: reader.float32('coOccurrence', packedLength(head.length)),
    deviations: {
      diagonal: readDeviation(reader, 'diagonalDeviation'),
      interest: readDeviation(reader, 'interestDeviation'),
      recentInterest: readDeviation(reader, 'recentInterestDeviation'),
    },
  };
}

/** Models divide by it. */
function readDeviation(reader: SectionReader, name: string): number {
  const deviation = reader.attribute(name);
  if (deviation > 0) return deviation;
  throw new ModelFormatError('MALFORMED', `The attribute "${name}" is not above zero.`);
}
