import { builder, type Typed } from '../../builder.ts';
import { ErrorInterface, type ErrorShape } from '../errors.ts';

export type InvalidQuestionShape = ErrorShape & Typed<'InvalidQuestion'> & { readonly path: string | null };

export const InvalidQuestion = builder.objectRef<InvalidQuestionShape>('InvalidQuestion').implement({
  description: 'A question that cannot be asked. Nothing was read and nothing charged.',
  interfaces: [ErrorInterface],
  isTypeOf: (value) => (value as Partial<Typed<string>>).__typename === 'InvalidQuestion',
  fields: (t) => ({
    path: t.exposeString('path', { nullable: true, description: 'The parameter, as spec.bounds.maxKeys.' }),
  }),
});

/** @param path within the question; empty when it is the whole of it */
export function invalidQuestion(message: string, path: string): InvalidQuestionShape {
  return { __typename: 'InvalidQuestion', code: 'BAD_INPUT', message, path: path === '' ? null : path };
}
