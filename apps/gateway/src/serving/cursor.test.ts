import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { CursorSigner, type ListPosition } from './cursor.ts';
import type { Asker } from './types.ts';

const signer = new CursorSigner(randomBytes(32));
const asker: Asker = { kind: 'visitor', visitorHash: randomBytes(32), isGpc: false };
const position: ListPosition = {
  modelVersionId: randomUUID(),
  asOfMs: 1_790_000_000_123,
  watermarkUs: 1_790_000_000_123_456,
  isPersonal: true,
  recommendationId: randomUUID(),
  questionHash: randomBytes(8),
  settingsHash: randomBytes(8),
  rank: 999,
};
const badInput = expect.objectContaining({ code: 'BAD_INPUT', path: 'after' });

it('gives back what it was made of', () => {
  expect(signer.decode(signer.encode(position, asker), asker)).toEqual(position);
  const without = { ...position, modelVersionId: null, isPersonal: false, watermarkUs: 0 };
  expect(signer.decode(signer.encode(without, asker), asker)).toEqual(without);
  expect(signer.decodeSku(signer.encodeSku('Größe "42"'))).toBe('Größe "42"');
});

it('says nothing of who asks', () => {
  const cursor = Buffer.from(signer.encode(position, asker), 'base64url');
  expect(cursor.includes(asker.kind === 'visitor' ? asker.visitorHash : '')).toBe(false);
});

it('refuses every other asker, key, kind and altered bit', () => {
  const cursor = signer.encode(position, asker);
  const visitorHash = asker.kind === 'visitor' ? asker.visitorHash : Buffer.alloc(0);
  const others: Asker[] = [
    { kind: 'nobody', isGpc: false },
    { kind: 'visitor', visitorHash: randomBytes(32), isGpc: false },
    { kind: 'customer', externalIdHash: visitorHash, isGpc: false },
  ];
  for (const other of others) expect(() => signer.decode(cursor, other)).toThrow(badInput);
  expect(() => new CursorSigner(randomBytes(32)).decode(cursor, asker)).toThrow(badInput);
  expect(() => signer.decode(signer.encodeSku('x'), asker)).toThrow(badInput);
  expect(() => signer.decodeSku(cursor)).toThrow(badInput);
  const bytes = Buffer.from(cursor, 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const altered = Buffer.from(bytes);
    altered[bit >> 3]! ^= 1 << (bit & 7);
    expect(() => signer.decode(altered.toString('base64url'), asker)).toThrow(badInput);
  }
  for (const text of ['', 'x', `${cursor}A`, `${cursor}=`, ` ${cursor}`, cursor.slice(1)])
    expect(() => signer.decode(text, asker)).toThrow(badInput);
});
