import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { regularizationOf } from '../kernels/als.ts';
import { invertPositiveDefinite, solveRow } from '../kernels/reference.ts';
import { createRandom } from '../random.ts';
import { createContext, NOW, toHistory, toInteractions } from '../testing/checkerboard.ts';
import { InvalidHyperparameters } from '../trainer.ts';
import { parseIals } from './ials.ts';
import { trainIals } from './ials-training.ts';

const ITEM_COUNT = 60;
const PURCHASE = 2;
const VIEW = 0;

function createInput(userCount = 80) {
  const random = createRandom(11);
  const users = Array.from({ length: userCount }, () =>
    Array.from({ length: 2 + Math.floor(random() * 20) }, (_, index) => ({
      item: Math.floor(random() ** 2 * ITEM_COUNT),
      kind: random() < 0.5 ? VIEW : PURCHASE,
      time: NOW - 1_000 + index,
    })),
  );
  const interactions = toInteractions(users, ITEM_COUNT);
  return { interactions, productIds: Int32Array.from({ length: ITEM_COUNT }, (_, item) => item), now: NOW };
}

const HYPERPARAMETERS = parseIals({
  rank: 16,
  iterations: 4,
  decay: 0.7,
  recentItems: 30,
  unobservedWeight: 0.2,
  regularization: 0.3,
  regularizationExponent: 0.5,
});

/** Enough distinct items for the rank x rank system, then few enough for the small one. */
const HISTORIES = [25, 3].map((length) => {
  const rows = Array.from({ length }, (_, index) => ({
    item: (7 * index) % ITEM_COUNT,
    kind: index % 3 === 0 ? VIEW : PURCHASE,
    time: NOW - 100 + index,
  }));
  return { rows, history: toHistory(rows) };
});

/** The fold-in written down again: weights by kind and recency, newest first. */
async function foldIn(rows: (typeof HISTORIES)[number]['rows']) {
  const model = await trainIals(HYPERPARAMETERS, createInput(), createContext());
  const factors = model.encode().sections.find((section) => section.name === 'itemFactors')!.data as Float32Array;
  const newestFirst = rows.toReversed();
  return {
    model,
    problem: {
      source: factors,
      rank: 16,
      columns: Int32Array.from(newestFirst, (row) => row.item),
      weights: Float32Array.from(newestFirst, (row, index) => (row.kind === VIEW ? 0.3 : 1) * 0.7 ** index),
      unobservedWeight: 0.2,
      regularization: regularizationOf(rows.length, ITEM_COUNT, HYPERPARAMETERS),
    },
  };
}

test.each(HISTORIES)('scores $rows.length rows as the definition does', async ({ rows, history }) => {
  const { model, problem } = await foldIn(rows);
  const user = solveRow(problem);
  const scores = new Float32Array(ITEM_COUNT);
  model.scoreItems(history, scores);
  for (let item = 0; item < ITEM_COUNT; item++) {
    let expected = 0;
    for (let k = 0; k < 16; k++) expected += user[k]! * problem.source[item * 16 + k]!;
    expect(scores[item]).toBeCloseTo(expected, 4);
  }
});

test.each(HISTORIES)(
  'explains by the greatest term of $rows.length, where it is a third of them',
  async ({ rows, history }) => {
    const { model, problem } = await foldIn(rows);
    const terms = termsByDefinition(problem);
    for (let item = 0; item < ITEM_COUNT; item++) {
      const own = terms.map((term) => term(item));
      const greatest = Math.max(...own);
      const speaking = own.reduce((total, term) => total + Math.max(0, term), 0);
      const row = model.explain(history, item);
      // Rows that decayed to nothing are left out of the explanation, so it is exact to about a hundredth.
      if (row === -1) expect(greatest).toBeLessThan(Math.max(1e-4, 0.35 * speaking));
      else expect(own[rows.length - 1 - row]).toBeGreaterThan(Math.max(0.98 * greatest, 0.31 * speaking) - 1e-4);
    }
  },
);

/** Hu, Koren and Volinsky, section 5: w_t y_i' inverse(A) y_t for each row t. */
function termsByDefinition(problem: Awaited<ReturnType<typeof foldIn>>['problem']) {
  const { rank, source, columns, weights } = problem;
  const row = (item: number) => source.subarray(item * rank, (item + 1) * rank);
  const system = new Float64Array(rank * rank);
  const addOuterProduct = (y: Float32Array, weight: number) => {
    for (let a = 0; a < rank; a++) for (let b = 0; b < rank; b++) system[a * rank + b]! += weight * y[a]! * y[b]!;
  };
  for (let item = 0; item < ITEM_COUNT; item++) addOuterProduct(row(item), problem.unobservedWeight);
  for (const [index, column] of columns.entries()) addOuterProduct(row(column), weights[index]!);
  for (let k = 0; k < rank; k++) system[k * rank + k]! += problem.regularization;
  const inverse = invertPositiveDefinite(system, rank);
  return [...columns].map((column, index) => (item: number) => {
    let term = 0;
    for (let a = 0; a < rank; a++) {
      for (let b = 0; b < rank; b++) term += row(item)[a]! * inverse[a * rank + b]! * row(column)[b]!;
    }
    return term * weights[index]!;
  });
}

test('the number of threads changes not a bit of the result, the seed does', async () => {
  const train = async (threads: number, seed: number) =>
    (await trainIals(HYPERPARAMETERS, createInput(), { ...createContext(seed), threads })).encode();
  const alone = await train(1, 5);
  expect(await train(2, 5)).toEqual(alone);
  expect(await train(3, 5)).toEqual(alone);
  expect(await train(1, 6)).not.toEqual(alone);
});

test('the loss falls from iteration to iteration, and progress ends at 1', async () => {
  const losses: number[] = [];
  const context = { ...createContext(), onPoint: (_name: string, _step: number, loss: number) => losses.push(loss) };
  await trainIals(HYPERPARAMETERS, createInput(), context);
  expect(losses).toHaveLength(4);
  expect(losses).toEqual(losses.toSorted((left, right) => right - left));
  expect(context.fractions.at(-1)).toBe(1);
});

test('the published loss tells nothing of how many interactions there are', async () => {
  const { interactions, ...rest } = createInput();
  const { userCount, userPtr, itemIdx, kind, time } = interactions;
  const twice = <T extends Int32Array | Uint8Array | Uint32Array>(rows: T): T => {
    const both = new (rows.constructor as new (length: number) => T)(2 * rows.length);
    both.set(rows);
    both.set(rows, rows.length);
    return both;
  };
  const doubled = {
    ...interactions,
    userCount: 2 * userCount,
    userPtr: Int32Array.from([...userPtr, ...userPtr.subarray(1).map((end) => end + itemIdx.length)]),
    itemIdx: twice(itemIdx),
    kind: twice(kind),
    time: twice(time),
  };
  const firstLoss = async (data: typeof interactions, regularization: number, regularizationExponent: number) => {
    const losses: number[] = [];
    const context = { ...createContext(), onPoint: (_name: string, _step: number, loss: number) => losses.push(loss) };
    const hyperparameters = parseIals({ rank: 16, iterations: 1, regularization, regularizationExponent });
    await trainIals(hyperparameters, { ...rest, interactions: data }, context);
    return losses[0]!;
  };
  for (const exponent of [0, 1, 2]) {
    expect(await firstLoss(interactions, 1e6, exponent)).toBe(1);
    for (const penalty of [1e-6, 0.1, 10]) {
      const loss = await firstLoss(interactions, penalty, exponent);
      expect(loss).toBeLessThanOrEqual(1);
      expect(await firstLoss(doubled, penalty, exponent)).toBe(loss);
    }
  }
});

test('cancelled between iterations it leaves no thread: a process that did so ends by itself', async () => {
  const dist = new URL('../../dist/', import.meta.url).href;
  const script = `
    const { parseIals } = await import('${dist}models/ials.js');
    const { trainIals } = await import('${dist}models/ials-training.js');
    const cancelFlag = new Int32Array(new SharedArrayBuffer(4));
    const rows = { userPtr: Int32Array.of(0, 1), itemIdx: Int32Array.of(0), kind: Uint8Array.of(2), time: Uint32Array.of(1) };
    const input = { interactions: { userCount: 1, itemCount: 1, ...rows }, productIds: Int32Array.of(1), now: 1 };
    const onPoint = () => Atomics.store(cancelFlag, 0, 1);
    const context = { seed: 1, threads: 2, cancelFlag, onProgress() {}, onPoint };
    await trainIals(parseIals({}), input, context).catch((error) => console.log(error.name));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 20_000,
  });
  expect(stdout).toBe('TrainingCancelled\n');
});

test.each([
  [{ rank: 12 }, 'rank'],
  [{ rank: 0 }, 'rank'],
  [{ unobservedWeight: 0 }, 'unobservedWeight'],
  [{ iterations: 1.5 }, 'iterations'],
  [{ alpha: 40 }, 'alpha'],
])('refuses %o', (value, path) => {
  expect(() => parseIals(value)).toThrow(expect.objectContaining({ name: InvalidHyperparameters.name, path }));
});
