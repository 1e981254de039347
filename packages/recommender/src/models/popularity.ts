import { parseNumbers } from '../hyperparameters.ts';
import type { History } from '../interactions.ts';
import { computePopularity, lastMoment } from '../interest.ts';
import { throwIfCancelled } from '../pacing.ts';
import type { Recommender } from '../recommender.ts';
import type { EncodedRecommender, SectionReader } from '../section.ts';
import type { TrainingContext, TrainingInput } from '../trainer.ts';

export interface PopularityHyperparameters {
  /** Days after which an interaction counts half. */
  readonly halfLifeDays: number;
}

/** The same for everyone: interest in each item, older interest counting less. */
export class PopularityRecommender<Name extends string = string> implements Recommender {
  readonly algorithm: Name;
  readonly itemCount: number;
  readonly #popularity: Float32Array;

  /** @param popularity shape [itemCount], at most 1 */
  constructor(popularity: Float32Array, algorithm: Name) {
    this.algorithm = algorithm;
    this.#popularity = popularity;
    this.itemCount = popularity.length;
  }

  scoreItems(_history: History, out: Float32Array): void {
    out.set(this.#popularity);
  }

  explain(): number {
    return -1;
  }

  encode(): EncodedRecommender {
    return { attributes: {}, sections: [{ name: 'scores', data: this.#popularity }] };
  }

  /** @throws ModelFormatError MALFORMED */
  static decode<Name extends string>(
    algorithm: Name,
    reader: SectionReader,
    itemCount: number,
  ): PopularityRecommender<Name> {
    return new PopularityRecommender(reader.float32('scores', itemCount), algorithm);
  }
}

/** @throws InvalidHyperparameters */
export function parsePopularity(value: unknown): PopularityHyperparameters {
  return parseNumbers(value, { halfLifeDays: { fallback: 14, minimum: 0.01, maximum: 36_500 } });
}

/** @throws TrainingCancelled */
export async function trainPopularity(
  { halfLifeDays }: PopularityHyperparameters,
  { interactions, now }: TrainingInput,
  context: TrainingContext,
): Promise<PopularityRecommender<'popularity'>> {
  throwIfCancelled(context);
  const popularity = computePopularity(interactions, lastMoment(interactions, now), halfLifeDays);
  return new PopularityRecommender(popularity, 'popularity');
}
