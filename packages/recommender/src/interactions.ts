/** What happened, as a small integer in the arrays below: the index in this list. */
export const INTERACTION_KINDS = ['VIEW', 'CART', 'PURCHASE', 'RATING', 'LIKE', 'DISLIKE'] as const;
export type InteractionKind = (typeof INTERACTION_KINDS)[number];

/**
 * Users' interactions with items, compressed by user (CSR). Within a user in time order, oldest first; an item may
 * recur. The arrays may stand on SharedArrayBuffers, so that threads read them without a copy.
 */
export interface Interactions {
  readonly userCount: number;
  readonly itemCount: number;
  /** Where each user's rows start. Shape [userCount + 1]. */
  readonly userPtr: Int32Array;
  /** Item of each row, 0 <= item < itemCount. Shape [rows]. */
  readonly itemIdx: Int32Array;
  /** Index in INTERACTION_KINDS of each row. Shape [rows]. */
  readonly kind: Uint8Array;
  /** Seconds since 1970 of each row. Shape [rows]. */
  readonly time: Uint32Array;
}

/** One user's own interactions at request time, oldest first. */
export interface History {
  readonly itemIdx: Int32Array;
  readonly kind: Uint8Array;
  /** Seconds since 1970. */
  readonly time: Uint32Array;
}
