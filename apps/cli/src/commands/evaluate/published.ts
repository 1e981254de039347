import type { DatasetName } from './dataset.ts';

/** A figure to stand beside: published, or computed once with the same protocol. */
export interface YardstickRow {
  readonly model: string;
  readonly source: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** All trained on train only. */
export const YARDSTICKS: Readonly<Partial<Record<DatasetName, readonly YardstickRow[]>>> = {
  'amazon-beauty': [
    beauty('popularity', 0.0076, 0.0042, 0.0115, 0.0055, 'same protocol'),
    beauty('GRU4Rec', 0.0164, 0.0099, 0.0283, 0.0137, 'S3-Rec, CIKM 2020'),
    beauty('BERT4Rec', 0.0203, 0.0124, 0.0347, 0.017, 'S3-Rec, CIKM 2020'),
    beauty('SASRec', 0.0387, 0.0249, 0.0605, 0.0318, 'S3-Rec, CIKM 2020'),
    beauty('S3-Rec', 0.0387, 0.0244, 0.0647, 0.0327, 'S3-Rec, CIKM 2020'),
    beauty('EASE, lambda 300', 0.043, 0.0276, 0.0656, 0.0349, 'same protocol'),
    beauty('TIGER', 0.0454, 0.0321, 0.0648, 0.0384, 'TIGER, NeurIPS 2023'),
    beauty('item cosine, last 8, decay .8', 0.0459, 0.0328, 0.0647, 0.0388, 'same protocol'),
    beauty('HSTU', 0.0486, 0.034, 0.0708, 0.0412, 're-implementation'),
    beauty('LC-Rec', 0.0525, 0.0352, 0.0791, 0.0438, 're-implementation'),
  ],
};

function beauty(model: string, hr5: number, ndcg5: number, hr10: number, ndcg10: number, source: string): YardstickRow {
  return { model, source, metrics: { 'hr@5': hr5, 'ndcg@5': ndcg5, 'hr@10': hr10, 'ndcg@10': ndcg10 } };
}
