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
      target: 'test',
      hyperparameters: undefined,
      searchTrials: undefined,
      isJson: false,
    });
  });

  it('are read in any order', () => {
    const args = ['--json', '--models', 'ease, ials,ease', '--refit', 'amazon-beauty', '--seeds', '3', '--data', 'x'];
    expect(parseOptions(args)).toMatchObject({
      dataset: 'amazon-beauty',
      models: ['ease', 'ials'],
      seeds: 3,
      isRefitted: true,
      isJson: true,
    });
    expect(parseOptions(['demo-shop', '--search', '9'])).toMatchObject({ searchTrials: 9 });
  });

  it('set the hyperparameters of one model, to be asked about either part', () => {
    const args = ['demo-shop', '--models', 'popularity', '--set', '{"halfLifeDays":3}', '--on', 'validation'];
    expect(parseOptions(args)).toMatchObject({ hyperparameters: { halfLifeDays: 3 }, target: 'validation' });
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
    [['demo-shop', '--data', '/tmp'], '--data'],
    [['demo-shop', '--refit'], '--refit'],
    [['online-retail', '--data', 'x', '--refit'], '--refit'],
    [['amazon-beauty', '--data', 'x', '--refit', '--on', 'validation'], '--refit'],
    [['amazon-beauty', '--data', 'x', '--search', '3', '--refit'], '--refit'],
    [['demo-shop', '--search', '3', '--seeds', '1'], '--seeds'],
    [['demo-shop', '--search', '3', '--models', 'ials', '--set', '{}'], '--set'],
    [['demo-shop', '--search', '3', '--on', 'validation'], '--on'],
    [['demo-shop', '--on', 'train'], '--on'],
    [['demo-shop', '--set', '{}'], '--models'],
    [['demo-shop', '--models', 'ease', '--set', '{lambda:3}'], '--set'],
    [['demo-shop', '--models', 'ease', '--set', '{"lamda":3}'], 'lamda'],
  ])('refuse %j in a sentence that names "%s"', (args, named) => {
    expect(() => parseOptions(args)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining(named) }),
    );
  });
});
