/** BAD_INPUT names the parameter that is wrong; UNAVAILABLE: not now; CONFLICT: another step came first. */
export type LedgerErrorCode = 'BAD_INPUT' | 'UNAVAILABLE' | 'CONFLICT';

/** An expected failure. Nothing was charged, and the message holds no value of the caller's. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: LedgerErrorCode;
  readonly parameter: string | undefined;

  constructor(code: LedgerErrorCode, message: string, options: { parameter?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.parameter = options.parameter;
  }
}
