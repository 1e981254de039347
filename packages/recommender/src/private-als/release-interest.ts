import { type AccountItems, boundAccountItems } from '../private/account-items.ts';
import { type CatalogueContent, numberCategories } from '../private/content-features.ts';
import { estimatePopularity, type PopularityEstimate } from '../private/popularity-estimate.ts';
import { sumInterest } from '../private/release-statistic.ts';
import { ACCOUNT_UNITS } from '../private/statistic-plan.ts';
import type { TrainingContext, TrainingInput } from '../trainer.ts';
import { SECONDS_PER_DAY } from '../user-items.ts';
import { sumPopularity, UNITS } from './account-sums.ts';
import { drawNoise } from './noise.ts';
import { type PrivateAlsPlan, readPlannedVariances } from './plan.ts';
import { signalShare } from './signal.ts';

/** An item whose noisy popularity is fewer deviations of the noise keeps the factors that its features tell. */
const MEASURED_DEVIATIONS = 1;

/** What is released of the items before their factors, less its noise as far as the catalogue helps to tell it apart. */
export interface ReleasedInterest extends PopularityEstimate {
  /** Whether an item's own popularity stands over the noise. Shape [itemCount]. */
  readonly isMeasured: Uint8Array;
  /** How much of what was released is signal, from 0 to 1: how far popularity and trends can be told from noise. */
  readonly signal: { readonly popularity: number; readonly trend: number };
}

/**
 * Releases what the accounts took and what they took of late, each bounded by itself: for its k items an account adds
 * floor(UNITS / sqrt k) to the one (account-sums.ts) and floor(ACCOUNT_UNITS / sqrt k) to the other, k being the items of
 * those days there (release-statistic.ts). Read together they are a statistic without co-occurrence, and are estimated as
 * that is.
 * @param accounts `interactions` as bounded for the factors
 * @throws TrainingCancelled
 */
export async function releaseInterest(
  accounts: AccountItems,
  { interactions, productIds, now }: TrainingInput,
  plan: PrivateAlsPlan,
  catalogue: CatalogueContent,
  context: TrainingContext,
): Promise<ReleasedInterest> {
  const variances = readPlannedVariances(plan);
  const noisy = await drawNoise(sumPopularity(accounts), variances.popularity, context);
  const since = now - plan.recentDays * SECONDS_PER_DAY;
  const recent = boundAccountItems(interactions, { maxItems: plan.hyperparameters.maxItemsPerAccount, since });
  const noisyRecent = await drawNoise(sumInterest(recent), variances.recentInterest, context);
  const deviation = Math.sqrt(Number(variances.popularity)) / UNITS;
  const recentDeviation = Math.sqrt(Number(variances.recentInterest)) / ACCOUNT_UNITS;
  const interest = Float32Array.from(noisy, (sum) => sum / UNITS);
  const recentInterest = Float32Array.from(noisyRecent, (sum) => sum / ACCOUNT_UNITS);
  const estimate = estimatePopularity(
    {
      endsAt: now,
      productIds,
      interest,
      recentInterest,
      recentDays: plan.recentDays,
      head: new Int32Array(),
      coOccurrence: new Float32Array(),
      deviations: {
        diagonal: Number.POSITIVE_INFINITY,
        interest: deviation,
        recentInterest: recentDeviation,
      },
    },
    numberCategories(catalogue),
  );
  return {
    ...estimate,
    isMeasured: Uint8Array.from(interest, (value) => (value >= MEASURED_DEVIATIONS * deviation ? 1 : 0)),
    signal: {
      popularity: signalShare(interest, deviation),
      trend: signalShare(recentInterest, recentDeviation),
    },
  };
}
