import { ArtifactError } from '@sotto/database';
import { LedgerError } from '@sotto/ledger';
import { ModelFormatError } from '@sotto/recommender/serving';
import { InvalidHyperparameters, TrainingImpossible } from '@sotto/recommender/training';
import { describe, expect, it } from 'vitest';
import {
  DrawFailedError,
  describeFailure,
  describeForLog,
  describeInterruption,
  isTransient,
  RunRefusedError,
  TrainingDataError,
} from './failure.ts';

describe('describeFailure', () => {
  it.each([
    [new InvalidHyperparameters('lambda', 'It must be positive.'), 'Hyperparameter lambda: It must be positive.'],
    [new TrainingDataError('Nothing to learn from.'), 'Nothing to learn from.'],
    [new TrainingImpossible('Too many products.'), 'Too many products.'],
    [new ArtifactError('Too large.'), 'Too large.'],
    [new ModelFormatError('MALFORMED', 'Not finite.'), 'Not finite.'],
    [new RunRefusedError('It has to be paid for again.'), 'It has to be paid for again.'],
    [new LedgerError('UNAVAILABLE', 'The clock was set back.'), 'The clock was set back.'],
    [Object.assign(new Error('x'), { code: '53100' }), 'disk of the database is full'],
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
  expect(isTransient(Object.assign(new Error('x'), { code: '53300' }))).toBe(true);
  expect(isTransient(Object.assign(new Error('x'), { code: '53100' })), 'a full disk stays full').toBe(false);
  expect(isTransient(Object.assign(new Error('x'), { code: '22P02' }))).toBe(false);
  expect(isTransient(new RangeError('x'))).toBe(false);
});

it.each([
  ['53300', 'no connection left'],
  ['40001', 'another try'],
  ['57P01', 'lost the database'],
])('tells what interrupted a run: %s', (code, text) =>
  expect(describeInterruption(Object.assign(new Error('x'), { code }))).toContain(text),
);

it('logs where an error came from without its numbers', () => {
  const told = describeForLog(new RangeError('Invalid typed array length: 541909'));
  expect(told.message).toBe('Invalid typed array length: #');
  expect(told.frames[0]).toContain('failure.test.ts');
});

it('tells nothing of what a private draw stumbled over, whatever it was', () => {
  const causes = [
    Object.assign(new Error('invalid input: "Ann of 20000"'), { code: '22P02' }),
    new RangeError('Invalid typed array length: 541909'),
    new TrainingDataError('No account consents.'),
    'Ann',
  ].map((cause) => new DrawFailedError('the draw of a private release failed', { cause }));
  const texts = new Set(causes.map(describeFailure));
  expect(texts.size).toBe(1);
  for (const error of causes) {
    const told = describeForLog(error);
    expect(told.message).toBe('the draw of a private release failed');
    expect(JSON.stringify({ ...told, frames: [] })).not.toMatch(/Ann|541909|consents/);
  }
  expect(describeForLog(causes[0]!).code).toBe('22P02');
  expect(describeForLog(causes[1]!).frames[0]).toContain('failure.test.ts');
});
