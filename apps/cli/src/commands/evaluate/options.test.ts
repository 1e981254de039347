import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';

describe('evaluate options', () => {
  it('are all models on one seed unless told', () => {
    expect(parseOptions(['amazon-beauty', '--data', '/tmp/beauty'])).toEqual({
      dataset: 'amazon-beauty',
      dataPath: '/tmp/beauty',
      models: ['popularity', 'item-cosine', 'ease', 'ials'],
      seeds: 1,
      isRefitted: false,
      searchTrials: undefined,
      isJson: false,
    });
  });

  it('are read in any order', () => {
    const args = ['--json', '--models', 'ease, ials,ease', '--refit', 'demo-shop', '--seeds', '3', '--search', '9'];
    expect(parseOptions(args)).toMatchObject({
      dataset: 'demo-shop',
      models: ['ease', 'ials'],
      seeds: 3,
      isRefitted: true,
      searchTrials: 9,
      isJson: true,
    });
  });

  it.each([
    [[], 'Name one data set'],
    [['movielens'], 'Name one data set'],
    [['demo-shop', 'online-retail'], 'Name one data set'],
    [['online-retail'], '--data'],
    [['demo-shop', '--models', 'ease,crystal-ball'], 'crystal-ball'],
    [['demo-shop', '--models', ''], 'There is no model ""'],
    [['demo-shop', '--seeds', '0'], '--seeds'],
    [['demo-shop', '--seeds', '1.5'], '--seeds'],
    [['demo-shop', '--search', 'many'], '--search'],
    [['demo-shop', '--epsilonn', '1'], '--epsilonn'],
  ])('refuse %j in a sentence that names "%s"', (args, named) => {
    expect(() => parseOptions(args)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining(named) }),
    );
  });
});
