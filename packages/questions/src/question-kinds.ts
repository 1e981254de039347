/** Every question there is. Kinds are stored in the ledger: they are append-only and never change their meaning. */
export const QUESTION_KINDS = [
  'COUNT',
  'SUM',
  'MEAN',
  'QUANTILE',
  'HISTOGRAM',
  'TIME_SERIES',
  'TOP_K',
  'CO_PURCHASE',
  'FUNNEL',
  'RETENTION',
  'SEGMENTS',
] as const;
export type QuestionKind = (typeof QUESTION_KINDS)[number];

/** A question as it comes from outside (contract: QuestionInput). */
export interface QuestionInput {
  readonly kind: QuestionKind;
  /** What is asked, by kind: see `questionJsonSchemas`. */
  readonly spec: unknown;
  /** What to spend, an exact decimal text; DEFAULT_EPSILON when left out. */
  readonly epsilon?: string | null | undefined;
  /** How many accounts the asker takes to be in it, for errors that depend on it. Never checked against the data. */
  readonly assumedPopulation?: number | null | undefined;
  /** Refuse rather than leave out cohorts that cannot pay. */
  readonly requireAllCohorts?: boolean | null | undefined;
}
