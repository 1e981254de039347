import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';

describe('evaluate options', () => {
  it('are all models on one seed unless told', () => {
    expect(parseOptions(['amazon-beauty', '--data', '/tmp/beauty'])).toEqual({
      dataset: 'amazon-beauty',
      dataPath: '/tmp/beauty',
      models: ['popularity', 'item-cosine', 'ease', 'ials'],
      epsilons: [],
      releases: [1],
      customers: undefined,
      shopSeed: undefined,
      seeds: 1,
      isRefitted: false,
      target: 'test',
      hyperparameters: undefined,
      searchTrials: undefined,
      isCurve: false,
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

  it('stand private models beside those without privacy, content and popularity', () => {
    expect(
      parseOptions(['demo-shop', '--epsilon', '0.5, inf', '--releases', '1,4', '--customers', '500']),
    ).toMatchObject({
      models: ['ease', 'ials', 'content', 'private-popularity', 'private-ease'],
      epsilons: ['0.5', 'inf'],
      releases: [1, 4],
      customers: 500,
    });
    const args = ['demo-shop', '--models', 'private-ease', '--epsilon', '1', '--set', '{"residualShare":1}'];
    expect(parseOptions(args)).toMatchObject({ hyperparameters: { residualShare: 1, rank: 128 } });
  });

  it.each([
    [[], 'Name one data set'],
    [['demo-shop', '--models', 'private-ease'], '--epsilon'],
    [['demo-shop', '--models', 'ease', '--epsilon', '1'], '--epsilon'],
    [['demo-shop', '--epsilon', '0'], '--epsilon'],
    [['demo-shop', '--epsilon', '-1'], '--epsilon'],
    [['demo-shop', '--epsilon', 'NaN'], '--epsilon'],
    [['demo-shop', '--epsilon', '1e9'], '--epsilon'],
    [['demo-shop', '--epsilon', '1', '--releases', '0'], '--releases'],
    [['demo-shop', '--releases', '4'], '--releases'],
    [['demo-shop', '--epsilon', '1', '--search', '3'], '--search'],
    [['online-retail', '--data', 'x', '--customers', '5'], '--customers'],
    [['demo-shop', '--models', 'content', '--set', '{}'], 'content'],
    [['online-retail', '--data', 'x', '--curve'], '--curve'],
    [['demo-shop', '--curve', '--seeds', '3'], '--seeds'],
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
