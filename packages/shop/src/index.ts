export {
  CATALOGUE_CHANNEL,
  deleteProducts,
  MAX_PRODUCTS_PER_CALL,
  type RejectedProduct,
  type UpsertProductsResult,
  upsertProducts,
} from './catalogue.ts';
export {
  type Consent,
  type GpcPolicy,
  PURPOSE_BITS,
  PURPOSES,
  type Purpose,
  readConsents,
  recordGpcObjection,
  updateConsent,
} from './consent.ts';
export { isDecimal } from './decimal.ts';
export { AppError, ERROR_CODES, type ErrorCode } from './errors.ts';
export { CHANNELS, type Channel, EVENT_TYPES, type EventInput, type EventType } from './event-input.ts';
export {
  type EventSender,
  type EventTools,
  MAX_EVENTS,
  type RecordedEvents,
  type RejectedEvent,
  recordEvents,
} from './events.ts';
export { listOwnInteractions, type OwnInteraction } from './history.ts';
export { type Identified, identifyVisitor } from './identify.ts';
export { ALL_PURPOSES, type ImportFormat, type ImportSource } from './import/format.ts';
export { amazonBeauty } from './import/formats/amazon-beauty.ts';
export { onlineRetail } from './import/formats/online-retail.ts';
export { IMPORT_FORMATS } from './import/formats.ts';
export {
  type ImportOptions,
  type ImportOutcomes,
  type ImportProgress,
  type ImportResult,
  importShop,
} from './import/import-shop.ts';
export { type NettableRow, netReturns } from './import/netting.ts';
export { isShopEmpty } from './import/one-shop.ts';
export { parsePurposes } from './import/purposes.ts';
export type { RejectionCount } from './import/rejections.ts';
export type { ImportedInteraction, ImportRow } from './import/row.ts';
export { cohortOf, ensureAccounts, ensureCustomer, findCohort, findCustomerId, type Person } from './people.ts';
export { type ProductInput, parseProduct, productSchema } from './product-input.ts';
