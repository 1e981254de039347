import { expect, it } from 'vitest';
import { scaleMix } from './mix-scores.ts';

function deviationOf(scores: Float32Array, factor: number): number {
  const scaled = Array.from(scores, (score) => factor * score);
  const mean = scaled.reduce((sum, value) => sum + value, 0) / scaled.length;
  return Math.sqrt(scaled.reduce((sum, value) => sum + (value - mean) ** 2, 0) / scaled.length);
}

it('gives each kind of scores the deviation of its weight, whatever its units', () => {
  const learned = Float32Array.of(1e-5, 3e-5, -2e-5, 0);
  const content = Float32Array.of(0, 700, 100, 100);
  const mix = scaleMix(learned, content, { learned: 0.6, content: 0.25 });
  expect(deviationOf(learned, mix.learned)).toBeCloseTo(0.6, 5);
  expect(deviationOf(content, mix.content)).toBeCloseTo(0.25, 5);
});

it('leaves out what orders nothing', () => {
  const weights = { learned: 1, content: 1 };
  const same = new Float32Array(100).fill(0.1);
  expect(scaleMix(new Float32Array(3), Float32Array.of(1, 2, 3), weights).learned).toBe(0);
  expect(scaleMix(same, Float32Array.from(same.keys()), weights).learned).toBe(0);
  expect(scaleMix(new Float32Array(0), new Float32Array(0), weights)).toEqual({ learned: 0, content: 0 });
});
