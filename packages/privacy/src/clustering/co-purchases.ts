import type { DpEvent } from '../accounting/dp-event.ts';
import { checkBound, PrivacyParameterError } from '../checks.ts';
import { type NoiseBudget, releaseHistogram, releaseThresholdedKeys } from '../mechanisms/counts.ts';
import { randomSource } from '../random.ts';
import type { RationalInput } from '../rational.ts';

/** Two different products; `first` sorts before `second`. */
export interface ProductPair {
  readonly first: string;
  readonly second: string;
}

export interface NoisyPair extends ProductPair {
  readonly value: number;
}

/**
 * How many accounts have both products of a pair. Each account is counted in at most `maxPairs` pairs, chosen uniformly among
 * its own, so one account moves at most that many counts by 1 each.
 *
 * With `publicPairs` every one of them is released. Without, a pair comes from customers' rows and is released only past
 * a noisy threshold, at a `delta` of its own.
 *
 * @param options.accounts the products of each account
 */
export function releaseCoPurchases(
  options: NoiseBudget & { accounts: Iterable<readonly string[]>; maxPairs: number } & (
      | { publicPairs: readonly ProductPair[]; delta?: never }
      | { publicPairs?: never; delta: RationalInput }
    ),
): { readonly pairs: readonly NoisyPair[]; readonly deviation: number; readonly event: DpEvent } {
  const maxPairs = checkBound('maxPairs', options.maxPairs, 2 ** 16);
  const limits = { ...options, l0: maxPairs, lInf: 1 };
  const isPublic = options.publicPairs === undefined ? null : new Set(options.publicPairs.map(keyOfPair));
  const sums = new Map<string, number>();
  for (const products of options.accounts) {
    for (const key of ownPairs(products, maxPairs, isPublic)) sums.set(key, (sums.get(key) ?? 0) + 1);
  }
  const release =
    isPublic === null
      ? releaseThresholdedKeys({ ...limits, sums, delta: options.delta! })
      : releaseHistogram({ ...limits, sums, publicKeys: [...isPublic] });
  const pairs = release.counts.map(({ key, value }) => ({ ...pairOfKey(key), value }));
  return { pairs, deviation: release.deviation, event: release.event };
}

/** At most `maxPairs` pairs of one account's products, every subset of them equally likely. */
function ownPairs(products: readonly string[], maxPairs: number, allowed: ReadonlySet<string> | null): string[] {
  const distinct = [...new Set(products)].sort();
  const random = randomSource();
  if (allowed !== null) {
    const own: string[] = [];
    for (let i = 0; i < distinct.length; i++) {
      for (let j = i + 1; j < distinct.length; j++) {
        const key = keyOfPair({ first: distinct[i]!, second: distinct[j]! });
        if (allowed.has(key)) own.push(key);
      }
    }
    return sampleIndices(own.length, maxPairs, (bound) => random.below(bound)).map((index) => own[index]!);
  }
  const total = (distinct.length * (distinct.length - 1)) / 2;
  return sampleIndices(total, maxPairs, (bound) => random.below(bound)).map((index) => {
    // Pair number index of (0,1), (0,2), (1,2), (0,3), …: second is the largest s with s (s - 1) / 2 <= index.
    let second = Math.floor((1 + Math.sqrt(1 + 8 * index)) / 2);
    if ((second * (second - 1)) / 2 > index) second--;
    const first = index - (second * (second - 1)) / 2;
    return keyOfPair({ first: distinct[first]!, second: distinct[second]! });
  });
}

/** A uniformly random subset of [0, total) of at most `size`, by Floyd's algorithm: no list of all pairs is made. */
function sampleIndices(total: number, size: number, below: (bound: number) => number): number[] {
  if (total <= size) return Array.from({ length: total }, (_, index) => index);
  const chosen = new Set<number>();
  for (let top = total - size; top < total; top++) {
    const index = below(top + 1);
    chosen.add(chosen.has(index) ? top : index);
  }
  return [...chosen];
}

function keyOfPair({ first, second }: ProductPair): string {
  if (first === second) throw new PrivacyParameterError('publicPairs', 'must not pair a product with itself');
  return JSON.stringify(first < second ? [first, second] : [second, first]);
}

function pairOfKey(key: string): ProductPair {
  const [first, second] = JSON.parse(key) as [string, string];
  return { first, second };
}
