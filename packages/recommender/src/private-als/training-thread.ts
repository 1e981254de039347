import { workerData } from 'node:worker_threads';
import { encodeArtifact } from '../artifact.ts';
import { serveThread } from '../serve-thread.ts';
import type { TrainingContext } from '../trainer.ts';
import type { PrivateAlsPlan } from './plan.ts';
import { type PrivateAlsInput, trainPrivateAls } from './train-private-als.ts';

export interface PrivateAlsThreadData extends Pick<TrainingContext, 'seed' | 'threads' | 'cancelFlag'> {
  readonly input: PrivateAlsInput;
  readonly plan: PrivateAlsPlan;
}

export interface PrivateAlsThreadResult {
  /** The artifact. */
  readonly bytes: Uint8Array;
  /** Whether taste stands over the noise; where it does not, content and private popularity decide. */
  readonly isPersonal: boolean;
}

const { input, plan, ...context } = workerData as PrivateAlsThreadData;

await serveThread(async (report): Promise<PrivateAlsThreadResult> => {
  const model = await trainPrivateAls(input, plan, { ...context, ...report });
  return { bytes: encodeArtifact(model), isPersonal: model.recommender.isPersonal };
});
