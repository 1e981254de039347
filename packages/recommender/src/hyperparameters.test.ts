import { describe, expect, it } from 'vitest';
import { parseHyperparameters } from './models/hyperparameters.ts';
import { type Algorithm, InvalidHyperparameters } from './trainer.ts';

function refusedPath(algorithm: string, value: unknown): string | undefined {
  try {
    parseHyperparameters(algorithm as Algorithm, value);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidHyperparameters) return error.path;
    throw error;
  }
}

describe('parseHyperparameters', () => {
  it('fills in what is left out', () => {
    const defaults = { lambda: 300, halfLifeDays: 90, weightsPerItem: 200, recentItems: 200, decay: 1 };
    expect(parseHyperparameters('ease', undefined)).toEqual(defaults);
    expect(parseHyperparameters('ease', null)).toEqual(defaults);
    expect(parseHyperparameters('ease', { lambda: 12.5 })).toEqual({ ...defaults, lambda: 12.5 });
  });

  it.each([
    ['ease', { lamda: 3 }, 'lamda'],
    ['ease', { lambda: '3' }, 'lambda'],
    ['ease', { lambda: Number.NaN }, 'lambda'],
    ['ease', { lambda: 0 }, 'lambda'],
    ['item-cosine', { recentItems: 2.5 }, 'recentItems'],
    ['item-cosine', { decay: 1.01 }, 'decay'],
    ['popularity', { halfLifeDays: Number.POSITIVE_INFINITY }, 'halfLifeDays'],
    ['popularity', [], ''],
    ['popularity', 'fast', ''],
    ['ials', { rank: 12 }, 'rank'],
    ['crystal-ball', {}, 'algorithm'],
  ])('refuses %s with %o at "%s"', (algorithm, value, path) => {
    expect(refusedPath(algorithm, value)).toBe(path);
  });

  it('takes no name from the prototype', () => {
    expect(refusedPath('ease', JSON.parse('{"__proto__": 1}'))).toBe('__proto__');
    expect(refusedPath('ease', { toString: 1 })).toBe('toString');
  });
});
