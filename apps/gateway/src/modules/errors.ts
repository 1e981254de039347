import type { ErrorCode as Code } from '@sotto/shop';
import { builder, ErrorCode, type Typed } from '../builder.ts';

export interface ErrorShape {
  readonly code: Code;
  readonly message: string;
}

export const ErrorInterface = builder.interfaceRef<ErrorShape>('Error').implement({
  description: 'A failure that the caller can act on.',
  fields: (t) => ({ code: t.expose('code', { type: ErrorCode }), message: t.exposeString('message') }),
});

export type NotFoundShape = ErrorShape & Typed<'NotFound'>;
export type ConflictShape = ErrorShape & Typed<'Conflict'>;
export type InvalidInputShape = ErrorShape & Typed<'InvalidInput'> & { readonly path: string | null };

export const NotFound = builder
  .objectRef<NotFoundShape>('NotFound')
  .implement({ interfaces: [ErrorInterface], isTypeOf: (value) => isOf(value, 'NotFound') });
export const Conflict = builder
  .objectRef<ConflictShape>('Conflict')
  .implement({ interfaces: [ErrorInterface], isTypeOf: (value) => isOf(value, 'Conflict') });
export const InvalidInput = builder.objectRef<InvalidInputShape>('InvalidInput').implement({
  interfaces: [ErrorInterface],
  isTypeOf: (value) => isOf(value, 'InvalidInput'),
  fields: (t) => ({ path: t.exposeString('path', { nullable: true }) }),
});

export function notFound(message: string): NotFoundShape {
  return { __typename: 'NotFound', code: 'NOT_FOUND', message };
}

export function conflict(message: string): ConflictShape {
  return { __typename: 'Conflict', code: 'CONFLICT', message };
}

export function invalidInput(message: string, path: string): InvalidInputShape {
  return { __typename: 'InvalidInput', code: 'BAD_INPUT', message, path };
}

function isOf(value: unknown, typename: string): boolean {
  return (value as Partial<Typed<string>>).__typename === typename;
}
