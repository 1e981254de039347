import { expect, it } from 'vitest';
import { parseSpec } from '../parse-question.ts';
import { funnelSums } from './funnel.ts';

const depthOf = (days: readonly string[], requireLaterDay: boolean): number => {
  const { contribute } = funnelSums(
    parseSpec('FUNNEL', { steps: ['PURCHASE', 'PURCHASE', 'PURCHASE'], requireLaterDay }),
  );
  const [deepest] = contribute(days.map((day) => ({ type: 'PURCHASE', day })));
  return Number(deepest?.key[0] ?? 0);
};

it('takes several products of one day for one step when later steps must be on later days', () => {
  const days = ['2026-01-01', '2026-01-01', '2026-01-01', '2026-01-02', '2026-01-02'];
  expect(depthOf(days, false)).toBe(3);
  expect(depthOf(days, true)).toBe(2);
  expect(depthOf([...days, '2026-01-09'], true)).toBe(3);
});

it('is the same question when steps may be on one day, said or left out', () => {
  const steps = ['PURCHASE', 'PURCHASE'];
  const plain = parseSpec('FUNNEL', { steps });
  expect(parseSpec('FUNNEL', { steps, requireLaterDay: false })).toEqual(plain);
  expect(parseSpec('FUNNEL', { steps, requireLaterDay: null })).toEqual(plain);
  expect(parseSpec('FUNNEL', { steps, requireLaterDay: true })).not.toEqual(plain);
});
