/**
 * No bound, no release: thrown before any data is touched, and names the parameter that is missing, not finite or out
 * of range. The offending value is left out of the message, since a caller may log it.
 */
export class PrivacyParameterError extends RangeError {
  readonly parameter: string;

  constructor(parameter: string, reason: string) {
    super(`${parameter} ${reason}.`);
    this.name = 'PrivacyParameterError';
    this.parameter = parameter;
  }
}
