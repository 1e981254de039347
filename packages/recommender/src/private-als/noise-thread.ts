import { workerData } from 'node:worker_threads';
import { type NoiseThreadData, openChunks } from './noise.ts';

const draw = openChunks(workerData as NoiseThreadData);
while (draw());
