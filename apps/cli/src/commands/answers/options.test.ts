import { expect, it } from 'vitest';
import { parseAnswersArguments } from './options.ts';

it('reads what is asked', () => {
  expect(parseAnswersArguments(['online-retail', '--data', '/data', '--epsilon', '1.50'])).toEqual({
    dataset: 'online-retail',
    dataPath: '/data',
    customers: 20_000,
    epsilon: '1.5',
    isJson: false,
    markdownPath: undefined,
  });
  expect(parseAnswersArguments(['demo-shop', '--customers', '500', '--json'])).toMatchObject({
    dataset: 'demo-shop',
    customers: 500,
    epsilon: '0.5',
    isJson: true,
  });
});

it.each([
  [[], 'A data set is needed'],
  [['bestbuy'], 'There is no data set bestbuy'],
  [['online-retail'], 'online-retail needs --data'],
  [['online-retail', 'demo-shop', '--data', 'x'], 'One data set is enough'],
  [['demo-shop', '--data', 'x'], 'without --data'],
  [['online-retail', '--data', 'x', '--customers', '500'], '--customers goes with demo-shop'],
  [['demo-shop', '--customers', '1e9'], '--customers must be a whole number'],
  [['demo-shop', '--epsilon', '0'], '--epsilon must be from'],
  [['demo-shop', '--epsilon', 'NaN'], '--epsilon must be a decimal text'],
  [['demo-shop', '--epsilom', '1'], "Unknown option '--epsilom'"],
])('refuses %j', (args, reason) => {
  expect(() => parseAnswersArguments(args)).toThrow(
    expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining(reason) }),
  );
  expect(() => parseAnswersArguments(args)).toThrow('npm run answers --');
});
