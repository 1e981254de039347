import type { Algorithm } from '../trainer.ts';

export type HyperparameterValues = Readonly<Record<string, number>>;

/** Far longer than any data set: every interaction counts the same. */
const NO_DECAY_DAYS = 36_500;

/**
 * HyperparameterValues by data set. For amazon-beauty popularity, item cosine and EASE are set as the yardstick rows say;
 * everything else was chosen by `npm run evaluate -- <dataset> --search`, which looks at validation only.
 */
export const PRESETS: Readonly<Record<string, Readonly<Record<Algorithm, HyperparameterValues>>>> = {
  'amazon-beauty': {
    popularity: { halfLifeDays: NO_DECAY_DAYS },
    'item-cosine': { recentItems: 8, decay: 0.8, neighbours: 2_000 },
    ease: { lambda: 300 },
    ials: {
      rank: 256,
      iterations: 12,
      unobservedWeight: 0.01,
      regularization: 0.03,
      regularizationExponent: 0.5,
      recentItems: 50,
      decay: 0.35,
      trainingDecay: 0.9,
    },
  },
  'online-retail': { popularity: {}, 'item-cosine': {}, ease: {}, ials: {} },
  'demo-shop': { popularity: {}, 'item-cosine': {}, ease: {}, ials: {} },
};
