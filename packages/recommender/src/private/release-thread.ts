import { workerData } from 'node:worker_threads';
import type { DpEvent } from '@sotto/privacy';
import { serveThread } from '../serve-thread.ts';
import type { TrainingInput } from '../trainer.ts';
import { releaseStatistic } from './release-statistic.ts';
import { decodeStatistic, encodeStatistic } from './released-statistic.ts';
import { planStatistic } from './statistic-plan.ts';

export interface ReleaseThreadInput {
  /** Exact decimals, as charged. */
  readonly epsilon: string;
  readonly delta: string;
  /** The event as charged, where it was: the noise is drawn as it says. */
  readonly charged?: DpEvent;
  /** Bytes of the statistic that the head is chosen from; undefined: the release chooses its own. */
  readonly previous: Uint8Array | undefined;
  /** `now` is the end of the window. */
  readonly input: TrainingInput;
}

export interface ReleaseThreadData extends ReleaseThreadInput {
  readonly threads: number;
  readonly cancelFlag: Int32Array;
}

const { epsilon, delta, charged, previous, input, threads, cancelFlag } = workerData as ReleaseThreadData;

await serveThread(async ({ onProgress }) => {
  const plan = planStatistic({
    epsilon,
    delta,
    charged,
    productIds: input.productIds,
    previous: previous && decodeStatistic(previous, { isVerified: true }),
  });
  return { bytes: encodeStatistic(await releaseStatistic(input, plan, { threads, cancelFlag, onProgress })) };
});
