import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { TrainingCancelled, TrainingImpossible } from '../trainer.ts';
import { openKernelPool } from './pool.ts';

const RANK = 64;

async function openScoring(threads: number, rows: number, cancelFlag?: Int32Array) {
  const pool = await openKernelPool(cancelFlag === undefined ? { threads } : { threads, cancelFlag });
  const query = pool.memory.allocateFloat32(RANK).fill(1);
  const factors = pool.memory.allocateFloat32(rows * RANK);
  for (let row = 0; row < rows; row++) factors[row * RANK] = row;
  const out = pool.memory.allocateFloat32(rows).fill(-1);
  const run = (chunk: number) =>
    pool.run('scoreRows', rows, chunk, query.byteOffset, factors.byteOffset, RANK, out.byteOffset);
  return { pool, out, run };
}

test.each([1, 2, 3])('%i threads do every row once, and again', async (threads) => {
  const { pool, out, run } = await openScoring(threads, 1_001);
  try {
    for (let round = 0; round < 3; round++) {
      out.fill(-1);
      await run(7);
      expect(out).toEqual(Float32Array.from({ length: 1_001 }, (_, row) => row));
    }
  } finally {
    await pool.close();
  }
});

test.each([1, 2])('%i threads: a set flag stops the loop, and nothing runs after it', async (threads) => {
  const cancelFlag = new Int32Array(new SharedArrayBuffer(4));
  const { pool, out, run } = await openScoring(threads, 100_000, cancelFlag);
  try {
    const running = run(1);
    Atomics.store(cancelFlag, 0, 1);
    await expect(running).rejects.toThrow(TrainingCancelled);
    expect(out.at(-1)).toBe(-1);
    const countDone = () => out.reduce((done, score) => done + (score >= 0 ? 1 : 0), 0);
    const done = countDone();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(countDone()).toBe(done);
  } finally {
    await pool.close();
  }
});

test('the event loop turns while one thread computes', async () => {
  const { run } = await openScoring(1, 20_000);
  let turns = 0;
  let isRunning = true;
  const count = () => {
    turns++;
    if (isRunning) setImmediate(count);
  };
  setImmediate(count);
  await run(1_000);
  isRunning = false;
  expect(turns).toBeGreaterThan(5);
});

test('a closed pool fails its waiters, and a process with one ends by itself', async () => {
  const { pool, run } = await openScoring(2, 100_000);
  const running = run(1);
  await Promise.all([expect(running).rejects.toThrow(), pool.close()]);

  const entry = new URL('../../dist/kernels/pool.js', import.meta.url).href;
  const script = `const { openKernelPool } = await import('${entry}');
    const pool = await openKernelPool({ threads: 2 }); await pool.close(); console.log('closed');`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 20_000,
  });
  expect(stdout).toBe('closed\n');
});

test('memory that is full is refused', async () => {
  const pool = await openKernelPool({ threads: 1, maximumBytes: 1_000_000 });
  expect(() => pool.memory.allocateFloat32(300_000)).toThrow(TrainingImpossible);
});
