/** The one table of codes (contract: ErrorCode). Every expected failure carries one. */
export const ERROR_CODES = [
  'NOT_FOUND',
  'BAD_INPUT',
  'FORBIDDEN',
  'UNAUTHENTICATED',
  'BUDGET_EXHAUSTED',
  'ALLOWANCE_EXCEEDED',
  'RATE_LIMITED',
  'TOO_COMPLEX',
  'CONFLICT',
  'UNAVAILABLE',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** A failure that the caller can act on. The message is for the caller: it names the input, never a person. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  /** Where in the input, as `events[3].sku`. */
  readonly path: string | undefined;
  constructor(code: ErrorCode, message: string, options: { path?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.path = options.path;
  }
}
