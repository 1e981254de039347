import { z } from 'zod';
import type { Job } from './enqueue.ts';

const payload = z.strictObject({ modelVersionId: z.uuid() });

/** Trains one model version. */
export const trainModelJob: Job<typeof payload> = {
  name: 'train-model',
  payload,
  keyOf: ({ modelVersionId }) => trainModelKey(modelVersionId),
  maxAttempts: 3,
};

/** The queue's key of a version's job. */
export function trainModelKey(modelVersionId: string): string {
  return `train-model:${modelVersionId}`;
}
