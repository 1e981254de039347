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
export { cohortOf, ensureAccounts, ensureCustomer, findCustomerId, type Person } from './people.ts';
export { type ProductInput, parseProduct, productSchema } from './product-input.ts';
