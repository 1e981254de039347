import { describeConformance } from '../testing/conformance.ts';

describeConformance({
  algorithm: 'popularity',
  hyperparameters: { halfLifeDays: 10 },
  isPersonal: false,
  isRecencySensitive: false,
});
describeConformance({ algorithm: 'item-cosine', hyperparameters: {}, isPersonal: true, isRecencySensitive: true });
describeConformance({
  algorithm: 'ease',
  hyperparameters: { lambda: 5 },
  isPersonal: true,
  isRecencySensitive: false,
});
describeConformance({
  algorithm: 'ease',
  hyperparameters: { lambda: 5, decay: 0.8 },
  isPersonal: true,
  isRecencySensitive: true,
});
describeConformance({
  algorithm: 'ials',
  hyperparameters: { rank: 16, iterations: 8 },
  isPersonal: true,
  isRecencySensitive: true,
});
