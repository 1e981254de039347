export {
  CATALOGUE_CHANNEL,
  deleteProducts,
  MAX_PRODUCTS_PER_CALL,
  type RejectedProduct,
  type UpsertProductsResult,
  upsertProducts,
} from './catalogue.ts';
export { AppError, ERROR_CODES, type ErrorCode } from './errors.ts';
export { type ProductInput, parseProduct, productSchema } from './product-input.ts';
