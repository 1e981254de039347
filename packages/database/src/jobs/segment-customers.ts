import { z } from 'zod';
import type { Job } from './enqueue.ts';

const payload = z.strictObject({ segmentationId: z.uuid() });

/** Draws the segments of one segmentation. */
export const segmentCustomersJob: Job<typeof payload> = {
  name: 'segment-customers',
  payload,
  keyOf: ({ segmentationId }) => segmentCustomersKey(segmentationId),
  maxAttempts: 3,
};

/** The queue's key of a segmentation's job. */
export function segmentCustomersKey(segmentationId: string): string {
  return `segment-customers:${segmentationId}`;
}
