import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { deriveShopKeys, pseudonymOf } from './index.ts';

it('derives the same, unrelated keys from one master key', () => {
  const master = randomBytes(32).toString('base64url');
  const first = deriveShopKeys(master);
  expect(deriveShopKeys(master)).toEqual(first);
  expect(first.pseudonym.equals(first.cursor)).toBe(false);
  expect(deriveShopKeys(randomBytes(32).toString('base64url')).pseudonym.equals(first.pseudonym)).toBe(false);
});

it.each(['', 'short', randomBytes(31).toString('base64url'), randomBytes(33).toString('base64url')])(
  'refuses a master key of another length (%#)',
  (master) => expect(() => deriveShopKeys(master)).toThrow(RangeError),
);

it('keeps customers and visitors of the same name apart', () => {
  const { pseudonym } = deriveShopKeys(randomBytes(32).toString('base64url'));
  const customer = pseudonymOf(pseudonym, 'customer', '17850');
  expect(customer).toHaveLength(32);
  expect(pseudonymOf(pseudonym, 'customer', '17850')).toEqual(customer);
  expect(pseudonymOf(pseudonym, 'visitor', '17850')).not.toEqual(customer);
});
