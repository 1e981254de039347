import { ArtifactError } from '@sotto/database';
import { InvalidHyperparameters } from '@sotto/recommender/training';
import { describe, expect, it } from 'vitest';
import { describeFailure, describeForLog, isTransient, TrainingDataError } from './failure.ts';

describe('describeFailure', () => {
  it.each([
    [new InvalidHyperparameters('lambda', 'It must be positive.'), 'Hyperparameter lambda: It must be positive.'],
    [new TrainingDataError('Nothing to learn from.'), 'Nothing to learn from.'],
    [new ArtifactError('Too large.'), 'Too large.'],
    [new RangeError('Array buffer allocation failed'), 'There was not enough memory'],
    [Object.assign(new Error('heap'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }), 'There was not enough memory'],
  ])('tells what %s means', (error, text) => expect(describeFailure(error)).toContain(text));

  it('tells no number and no word of an error nobody expected', () => {
    const text = describeFailure(new TypeError('customer 4711 of 20000'));
    expect(text).toContain('TypeError');
    expect(text).not.toMatch(/\d/);
  });
});

it('tells the database going away from a fault of the run', () => {
  expect(isTransient(Object.assign(new Error('x'), { code: '57P01' }))).toBe(true);
  expect(isTransient(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBe(true);
  expect(isTransient(new Error('Connection terminated unexpectedly'))).toBe(true);
  expect(isTransient(Object.assign(new Error('x'), { code: '22P02' }))).toBe(false);
  expect(isTransient(new RangeError('x'))).toBe(false);
});

it('logs where an error came from without its numbers', () => {
  const told = describeForLog(new RangeError('Invalid typed array length: 541909'));
  expect(told.message).toBe('Invalid typed array length: #');
  expect(told.frames[0]).toContain('failure.test.ts');
});
