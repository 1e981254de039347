/**
 * A question that cannot be asked. It names the parameter (`spec.filter.since`, `epsilon`) and tells what is wrong with
 * it from the question, constants and the catalogue alone: no customer's row was read, nothing was charged.
 */
export class InvalidQuestionError extends Error {
  readonly path: string;

  constructor(path: string, reason: string, options: { cause?: unknown } = {}) {
    super(`${path} ${reason}`, options);
    this.name = 'InvalidQuestionError';
    this.path = path;
  }
}
