import { PURPOSE_BITS, PURPOSES } from '../consent.ts';

/**
 * Reads purposes, as a list or as text with separators: `personalization,training`, `all`, `none`.
 * @returns bits of customer.consent_mask; NaN when there is a word that is no purpose
 */
export function parsePurposes(purposes: string | readonly string[]): number {
  const words = typeof purposes === 'string' ? purposes.split(/[\s,;|]+/) : purposes;
  let mask = 0;
  for (const word of words.map((text) => text.toUpperCase())) {
    if (word === '' || word === 'NONE') continue;
    const named = PURPOSES.filter((purpose) => purpose === word || word === 'ALL');
    if (named.length === 0) return Number.NaN;
    for (const purpose of named) mask |= PURPOSE_BITS[purpose];
  }
  return mask;
}
