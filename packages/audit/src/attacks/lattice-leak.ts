import { isOnLattice } from '@sotto/privacy/testing';
import type { Attack, Repetitions } from '../attack.ts';
import { plainFinding } from '../finding.ts';

export interface LatticeTarget {
  readonly target: string;
  /** The unit of the released values: each is a whole multiple of it. */
  readonly step: number;
  /** How often it is released, where not as often as usual. */
  readonly releases?: Repetitions;
  /** The released values of one release about the exact value given. */
  readonly release: (exact: number) => ArrayLike<number> | Promise<ArrayLike<number>>;
}

const RELEASES: Repetitions = { quick: 500, full: 5_000 };
/** Exact values on either side of the powers of two, where floats change their spacing. */
const EXACT_VALUES = [0, 1, 2, 3, 1_023, 1_024, 1_025, 65_535, 65_537];

/**
 * Mironov (2012): noise in floating point leaves the low digits of a value readable. What is released must lie on the same
 * lattice whatever the data. Deterministic: a single value off the grid breaks the promise.
 */
export function latticeAttack({ target, step, release, releases = RELEASES }: LatticeTarget): Attack {
  return {
    attack: 'lattice-leak',
    target,
    async run({ size, pause }) {
      let isClean = true;
      for (let i = 0; isClean && i < releases[size]; i++) {
        const values = await release(EXACT_VALUES[i % EXACT_VALUES.length]!);
        isClean = values.length > 0 && isOnLattice(values, step);
        await pause();
      }
      return plainFinding('lattice-leak', target, isClean);
    },
  };
}
