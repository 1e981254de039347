/** What was asked for cannot be trained; `path` names the parameter. Nothing was charged. */
export class InvalidTrainingError extends Error {
  override readonly name = 'InvalidTrainingError';
  readonly path: string;
  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}
