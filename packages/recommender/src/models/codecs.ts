import { parsePrivateEase } from '../private/private-ease.ts';
import { PrivateIalsRecommender } from '../private-als/private-ials.ts';
import type { Recommender } from '../recommender.ts';
import { type EncodedRecommender, ModelFormatError, type SectionReader } from '../section.ts';
import { parseEase } from './ease.ts';
import { IalsRecommender } from './ials.ts';
import { parseItemCosine } from './item-cosine.ts';
import { ItemFactorsRecommender } from './item-factors.ts';
import { ItemWeightsRecommender } from './item-weights.ts';
import { PopularityRecommender } from './popularity.ts';

/** @throws TypeError if it is none of this package's recommenders */
export function encodeRecommender(recommender: Recommender): EncodedRecommender {
  if (
    recommender instanceof PopularityRecommender ||
    recommender instanceof ItemWeightsRecommender ||
    recommender instanceof IalsRecommender ||
    recommender instanceof ItemFactorsRecommender ||
    recommender instanceof PrivateIalsRecommender
  ) {
    return recommender.encode();
  }
  throw new TypeError(`A recommender "${recommender.algorithm}" cannot be written.`);
}

/** @throws ModelFormatError UNKNOWN_ALGORITHM or MALFORMED; InvalidHyperparameters */
export function decodeRecommender(algorithm: string, reader: SectionReader, itemCount: number): Recommender {
  switch (algorithm) {
    case 'popularity':
    case 'private-popularity':
      return PopularityRecommender.decode(algorithm, reader, itemCount);
    case 'item-cosine':
      return ItemWeightsRecommender.decode(algorithm, reader, itemCount, parseItemCosine);
    case 'ease':
      return ItemWeightsRecommender.decode(algorithm, reader, itemCount, parseEase);
    case 'ials':
      return IalsRecommender.decode(reader, itemCount);
    case 'private-ease':
      return ItemFactorsRecommender.decode(algorithm, reader, itemCount, parsePrivateEase);
    case 'private-ials':
      return PrivateIalsRecommender.decode(reader, itemCount);
    default:
      throw new ModelFormatError('UNKNOWN_ALGORITHM', `This program knows no algorithm "${algorithm}".`);
  }
}
