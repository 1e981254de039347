import { describeConformance } from '../testing/conformance.ts';
import { planPrivateAls } from './plan.ts';
import { trainPrivateAls } from './train-private-als.ts';

// The greatest epsilon that can be planned: the suite is about the model, not about what noise costs it.
describeConformance({
  algorithm: 'private-ials',
  train: (input, context) => {
    const hyperparameters = { rank: 16, iterations: 8, decay: 0.5 };
    const plan = planPrivateAls({
      epsilon: '1000',
      delta: '0.000001',
      itemCount: input.productIds.length,
      hyperparameters,
    });
    return trainPrivateAls(input, plan, context);
  },
  isPersonal: true,
  isRecencySensitive: true,
  isNoisy: true,
});
