import type { Database } from '@sotto/database';
import type { ShopKeys } from '@sotto/vault';
import type { ReportProgress } from '../../terminal.ts';
import type { MakeQuestion } from './analyst-question.ts';

export const DATASETS = ['online-retail', 'demo-shop'] as const;
export type DatasetName = (typeof DATASETS)[number];

/** A shop that is known whole, so that its answers can be held against the truth. */
export interface AnsweredShop {
  readonly name: DatasetName;
  /** One sentence for the reader of the answers. */
  readonly description: string;
  /** ISO 4217 */
  readonly currency: string;
  /** What the analyst takes the number of customers to be; for expected errors alone. */
  readonly assumedPopulation: number;
  readonly questions: readonly MakeQuestion[];
  load(database: Database, keys: ShopKeys, report: ReportProgress): Promise<void>;
}
