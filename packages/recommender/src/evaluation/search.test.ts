import { describe, expect, it } from 'vitest';
import { parseHyperparameters } from '../models/hyperparameters.ts';
import { ALGORITHMS } from '../trainer.ts';
import { PRESETS } from './presets.ts';
import { SEARCH_SPACES, sampleHyperparameters } from './search.ts';

describe('sampleHyperparameters', () => {
  it('draws the same settings for the same seed, none twice, and no more than there are', () => {
    const space = { left: [1, 2, 3], right: [4, 5] };
    expect(sampleHyperparameters(space, 3, 1)).toEqual(sampleHyperparameters(space, 3, 1));
    const all = sampleHyperparameters(space, 100, 1);
    expect(new Set(all.map((setting) => JSON.stringify(setting))).size).toBe(6);
    expect(all).toHaveLength(6);
  });
});

it.each(ALGORITHMS)('%s accepts its presets and whatever its search may draw', (algorithm) => {
  for (const preset of Object.values(PRESETS)) expect(parseHyperparameters(algorithm, preset[algorithm])).toBeDefined();
  for (const setting of sampleHyperparameters(SEARCH_SPACES[algorithm], 50, 2)) {
    expect(parseHyperparameters(algorithm, setting)).toMatchObject(setting);
  }
});
