import type { CatalogueContent, EvaluationSplit } from '@sotto/recommender/evaluation';

export const DATASETS = ['amazon-beauty', 'online-retail', 'demo-shop'] as const;
export type DatasetName = (typeof DATASETS)[number];

/** Real or generated interactions with the way they are split and measured. */
export interface Dataset {
  readonly name: DatasetName;
  /** Lengths of the list that are measured. */
  readonly cutoffs: readonly number[];
  /** Metric that a search maximises. */
  readonly objective: string;
  /** Metrics that the table shows; --json has all. */
  readonly columns: readonly string[];
  /** What the data set's catalogue says, in the order of the items. */
  readonly catalogue: CatalogueContent;
  split(target: 'test' | 'validation', isRefitted: boolean): EvaluationSplit;
}
