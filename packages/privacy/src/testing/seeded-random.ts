import { createCipheriv, createHash } from 'node:crypto';
import { RandomSource, runWithRandomSource } from '../random.ts';

/** A source whose bytes are the AES-256-CTR keystream of a seed: uniform for any test, and the same on every run. */
export function seededRandomSource(seed: string): RandomSource {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return new RandomSource((target) => {
    target.set(cipher.update(new Uint8Array(target.length)));
  });
}

/** Runs `draw`, which must be synchronous, with every mechanism drawing from a seeded source. For tests and audits only. */
export function withSeededRandom<T>(seed: string, draw: () => T): T {
  return runWithRandomSource(seededRandomSource(seed), draw);
}
