import { describe, expect, it } from 'vitest';
import { renderFindings } from './attack/report.ts';
import { parseAttackArguments } from './attack.ts';

describe('npm run attack', () => {
  it('takes how much and how it is told', () => {
    expect(parseAttackArguments([])).toEqual({ size: 'full', isJson: false });
    expect(parseAttackArguments(['--quick', '--json'])).toEqual({ size: 'quick', isJson: true });
    expect(() => parseAttackArguments(['--fast'])).toThrow(/--fast.*\n\nnpm run attack /s);
    expect(() => parseAttackArguments(['ledger'])).toThrow(/npm run attack -- --quick/);
  });

  it('tells a person what was kept, what was broken, and what the figures mean', () => {
    const count = { attack: 'membership-inference', target: 'question COUNT' } as const;
    const kept = { ...count, claimedEpsilon: 2, empiricalEpsilonLower: 1.234, passed: true };
    const broken = { ...count, target: 'top k', claimedEpsilon: 0.5, empiricalEpsilonLower: 0.91, passed: false };
    const chain = {
      attack: 'chain-verification',
      target: 'ledger of the shop',
      claimedEpsilon: null,
      empiricalEpsilonLower: null,
      passed: true,
    } as const;
    expect(renderFindings([kept, broken, chain])).toBe(`
  attack                target              claimed  shown
  membership-inference  question COUNT         2.00   1.23  kept
                        top k                  0.50   0.91  BROKEN
  chain-verification    ledger of the shop        -      -  kept

1 of 3 promises is BROKEN. "claimed" is the epsilon that a release is sold for, "shown" the epsilon that the attacker could prove at least;
a promise is broken where more is shown than claimed. An honest shop is accused in fewer than 1 of 100,000 runs.
`);
    expect(renderFindings([kept])).toContain('All 1 promises were kept.');
  });
});
