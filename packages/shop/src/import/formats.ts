import type { ImportFormat } from './format.ts';
import { amazonBeauty } from './formats/amazon-beauty.ts';
import { bestBuy } from './formats/bestbuy.ts';
import { completeJourney } from './formats/complete-journey.ts';
import { onlineRetail } from './formats/online-retail.ts';
import { csv, jsonl } from './formats/own-files.ts';

/** Formats that `npm run import` takes, by name. */
export const IMPORT_FORMATS: ReadonlyMap<string, ImportFormat> = new Map(
  [onlineRetail, completeJourney, amazonBeauty, bestBuy, csv, jsonl].map((format) => [format.name, format]),
);
