// Prints draws per second of each sampler as JSON: `npx tsc -b packages/privacy && node packages/privacy/bench.mjs`.
import { measureDrawRates } from './dist/testing/index.js';

process.stdout.write(`${JSON.stringify(measureDrawRates({ now: () => performance.now(), rounds: 15 }), null, 2)}\n`);
