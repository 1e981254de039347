import { parentPort, workerData } from 'node:worker_threads';
import { NoisyRows, ROWS_PER_CHUNK, type StatisticThreadData, type StatisticThreadMessage } from './noisy-rows.ts';

const { input, out, next, cancelFlag } = workerData as StatisticThreadData;
const rows = new NoisyRows(input);
while (Atomics.load(cancelFlag, 0) === 0) {
  const begin = Atomics.add(next, 0, ROWS_PER_CHUNK);
  if (begin >= input.itemCount) break;
  const end = Math.min(begin + ROWS_PER_CHUNK, input.itemCount);
  rows.write(begin, end, out);
  parentPort!.postMessage((end - begin) satisfies StatisticThreadMessage);
}
