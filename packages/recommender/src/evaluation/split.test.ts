import { describe, expect, it } from 'vitest';
import type { INTERACTION_KINDS } from '../interactions.ts';
import { SECONDS_PER_DAY } from '../user-items.ts';
import { collectInteractions } from './collect.ts';
import { splitLeaveOneOut } from './leave-one-out.ts';
import type { EvaluationSplit } from './split.ts';
import { logOf, splitByTime } from './time-split.ts';

const trainedOn = ({ training }: EvaluationSplit) =>
  Array.from({ length: training.userCount }, (_, user) => [
    ...training.itemIdx.slice(training.userPtr[user], training.userPtr[user + 1]),
  ]);
const asked = ({ users }: EvaluationSplit) =>
  users.map(({ history, targets, excluded }) => [[...history.itemIdx], [...targets], [...excluded]]);

describe('leave one out', () => {
  const rows = [
    [5, 6, 7, 8],
    [1, 2],
  ].flatMap((items, user) => items.map((item, time) => ({ user, item, kind: 'PURCHASE' as const, time })));
  const interactions = collectInteractions(rows, 10);

  it('trains on all but the last two and asks for the last with the rest as history', () => {
    const split = splitLeaveOneOut(interactions, { target: 'test', isRefitted: false });
    expect(trainedOn(split)).toEqual([
      [5, 6],
      [1, 2],
    ]);
    expect(asked(split)).toEqual([[[5, 6, 7], [8], [5, 6, 7]]]);
  });

  it('trains on the validation item too when refitted', () => {
    const split = splitLeaveOneOut(interactions, { target: 'test', isRefitted: true });
    expect(trainedOn(split)[0]).toEqual([5, 6, 7]);
    expect(asked(split)).toEqual([[[5, 6, 7], [8], [5, 6, 7]]]);
    expect(split.protocol).toContain('refitted on train + validation');
  });

  it('never shows the test item when validating', () => {
    const split = splitLeaveOneOut(interactions, { target: 'validation', isRefitted: false });
    expect(trainedOn(split)[0]).toEqual([5, 6]);
    expect(asked(split)).toEqual([[[5, 6], [7], [5, 6]]]);
  });
});

describe('a split by time', () => {
  const at = (user: number, day: number, item: number, kind: (typeof INTERACTION_KINDS)[number] = 'PURCHASE') => ({
    user,
    item,
    kind,
    time: day * SECONDS_PER_DAY,
  });
  const interactions = collectInteractions(
    [
      ...[at(0, 1, 1), at(0, 5, 2), at(0, 15, 3), at(0, 25, 1), at(0, 26, 4), at(0, 27, 4), at(0, 28, 5, 'VIEW')],
      ...[at(1, 25, 6), at(1, 26, 7)],
      ...[at(2, 5, 8, 'VIEW'), at(2, 30, 8)],
    ],
    9,
  );

  it('asks for what known customers first bought in the last window', () => {
    const split = splitByTime(logOf(interactions), { target: 'test', heldOutDays: 10 });
    expect(trainedOn(split)).toEqual([[1, 2, 3], [], [8]]);
    expect(asked(split)).toEqual([
      [[1, 2, 3], [4], [1, 2, 3]],
      [[8], [8], []],
    ]);
  });

  it('validates on the window before, unaware of the last', () => {
    const split = splitByTime(logOf(interactions), { target: 'validation', heldOutDays: 10 });
    expect(trainedOn(split)).toEqual([[1, 2], [], [8]]);
    expect(asked(split)).toEqual([[[1, 2], [3], [1, 2]]]);
  });
});

it('orders rows by user and time, those of one moment as they came', () => {
  const row = (user: number, item: number, time: number) => ({ user, item, kind: 'VIEW' as const, time });
  const ordered = collectInteractions([row(1, 5, 9), row(0, 1, 7), row(1, 4, 9), row(1, 3, 2)], 6);
  expect([...ordered.userPtr]).toEqual([0, 1, 4]);
  expect([...ordered.itemIdx]).toEqual([1, 3, 5, 4]);
  expect([...ordered.time]).toEqual([7, 2, 9, 9]);
});
