export { deriveShopKeys, type ShopKeys } from './keys.ts';
export { type PseudonymDomain, pseudonymOf } from './pseudonyms.ts';
