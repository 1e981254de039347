import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '@sotto/shop';
import type { Asker } from './types.ts';

/** Where a list goes on: everything that a page needs to be ranked as the first one was. */
export interface ListPosition {
  /** Null when the list was ranked without a model. */
  readonly modelVersionId: string | null;
  /** The catalogue, the settings' dates and recency are those of this moment. Milliseconds since 1970. */
  readonly asOfMs: number;
  /** Rows received later are left out. Microseconds since 1970; 0 = there were none. */
  readonly watermarkUs: number;
  /** Whether the asker's own rows were used: a list does not change its nature between two pages. */
  readonly isPersonal: boolean;
  readonly recommendationId: string;
  /** Of target, context and filter. 8 bytes. */
  readonly questionHash: Buffer;
  /** Of the placement's settings. 8 bytes. */
  readonly settingsHash: Buffer;
  /** Places before the next page, those of products withdrawn meanwhile included. */
  readonly rank: number;
}

const VERSION = 1;
const PAYLOAD_BYTES = 1 + 1 + 2 + 8 + 8 + 16 + 16 + 8 + 8;
const MAC_BYTES = 16;
const NO_MODEL = Buffer.alloc(16);

/**
 * Signs page cursors. The signature binds the asker too, who is not in the cursor: somebody else's cursor is as good
 * as a made-up one.
 */
export class CursorSigner {
  readonly #key: Buffer;

  /** @param key 32 bytes, for nothing else */
  constructor(key: Buffer) {
    this.#key = key;
  }

  encode(position: ListPosition, asker: Asker): string {
    const payload = Buffer.allocUnsafe(PAYLOAD_BYTES);
    payload.writeUInt8(VERSION, 0);
    payload.writeUInt8(position.isPersonal ? 1 : 0, 1);
    payload.writeUInt16BE(position.rank, 2);
    payload.writeDoubleBE(position.asOfMs, 4);
    payload.writeDoubleBE(position.watermarkUs, 12);
    (position.modelVersionId ? uuidBytes(position.modelVersionId) : NO_MODEL).copy(payload, 20);
    uuidBytes(position.recommendationId).copy(payload, 36);
    position.questionHash.copy(payload, 52, 0, 8);
    position.settingsHash.copy(payload, 60, 0, 8);
    return Buffer.concat([payload, this.#sign(payload, askerBinding(asker))]).toString('base64url');
  }

  /** @throws AppError BAD_INPUT for a cursor that this key did not sign for this asker */
  decode(cursor: string, asker: Asker): ListPosition {
    const payload = this.#open(cursor, askerBinding(asker), PAYLOAD_BYTES);
    const model = payload.subarray(20, 36);
    return {
      isPersonal: payload.readUInt8(1) === 1,
      rank: payload.readUInt16BE(2),
      asOfMs: payload.readDoubleBE(4),
      watermarkUs: payload.readDoubleBE(12),
      modelVersionId: model.equals(NO_MODEL) ? null : formatUuid(model),
      recommendationId: formatUuid(payload.subarray(36, 52)),
      questionHash: payload.subarray(52, 60),
      settingsHash: payload.subarray(60, 68),
    };
  }

  /** A cursor of the public product list: the sku it goes on after. */
  encodeSku(sku: string): string {
    const payload = Buffer.from(`${String.fromCharCode(VERSION)}${sku}`, 'utf8');
    return Buffer.concat([payload, this.#sign(payload, PRODUCT_LIST)]).toString('base64url');
  }

  /** @throws AppError BAD_INPUT for a cursor that this key did not sign */
  decodeSku(cursor: string): string {
    return this.#open(cursor, PRODUCT_LIST).toString('utf8', 1);
  }

  #open(cursor: string, binding: Buffer, payloadBytes?: number): Buffer {
    const bytes = Buffer.from(cursor, 'base64url');
    const payload = bytes.subarray(0, Math.max(0, bytes.length - MAC_BYTES));
    const mac = bytes.subarray(payload.length);
    const isWhole =
      mac.length === MAC_BYTES &&
      (payloadBytes === undefined ? payload.length > 1 : payload.length === payloadBytes) &&
      // One text for one cursor: base64url would forgive stray characters.
      bytes.toString('base64url') === cursor &&
      timingSafeEqual(mac, this.#sign(payload, binding)) &&
      payload[0] === VERSION;
    if (!isWhole) throw new AppError('BAD_INPUT', 'after: is not a cursor of this list', { path: 'after' });
    return payload;
  }

  #sign(payload: Buffer, binding: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(binding).update(payload).digest().subarray(0, MAC_BYTES);
  }
}

const PRODUCT_LIST = Buffer.from('products\0');
const NOBODY = Buffer.from('nobody\0');

function askerBinding(asker: Asker): Buffer {
  if (asker.kind === 'customer') return Buffer.concat([Buffer.from('customer\0'), asker.externalIdHash]);
  if (asker.kind === 'visitor') return Buffer.concat([Buffer.from('visitor\0'), asker.visitorHash]);
  return NOBODY;
}

function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function formatUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
