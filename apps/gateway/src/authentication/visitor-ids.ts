import { AppError } from '@sotto/shop';

/** 16 bytes take 22 characters of base64url, 32 of hex. */
const SHAPE = /^[A-Za-z0-9_-]{22,128}$/;
/**
 * Bits that an id's characters must carry by their frequencies. Random 128 bits carry about 90 (22 characters of
 * base64url) to 120 (32 of hex), and fewer than 64 practically never; counters, padding and repeats carry fewer.
 * It cannot tell whether an id was drawn at random; it catches clients that forgot to.
 */
const MIN_BITS = 64;

/** @throws AppError BAD_INPUT for an id that others could guess: whoever guesses it reads its history */
export function requireVisitorId(id: string): void {
  if (!SHAPE.test(id))
    throw new AppError('BAD_INPUT', 'X-Sotto-Visitor must be 22 to 128 characters of A-Z a-z 0-9 _ -', {
      path: 'X-Sotto-Visitor',
    });
  if (measureBits(id) < MIN_BITS)
    throw new AppError('BAD_INPUT', 'X-Sotto-Visitor must hold at least 16 random bytes', { path: 'X-Sotto-Visitor' });
}

/** Shannon entropy of the characters' frequencies, times their number. */
function measureBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits += count * Math.log2(text.length / count);
  return bits;
}
