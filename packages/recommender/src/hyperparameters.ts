import { InvalidHyperparameters } from './trainer.ts';

/** What one hyperparameter may be. */
export interface NumberRule {
  readonly fallback: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly isInteger?: boolean;
}

/**
 * Parses an object of numbers, filling in what is left out.
 * @param value an object, or null or undefined for the defaults alone
 * @throws InvalidHyperparameters naming the field that is unknown or out of range
 */
export function parseNumbers<Name extends string>(
  value: unknown,
  rules: Readonly<Record<Name, NumberRule>>,
): Record<Name, number> {
  const given: unknown = value ?? {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidHyperparameters('', 'Hyperparameters are an object.');
  }
  const known = Object.keys(rules) as Name[];
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(rules, name)) {
      throw new InvalidHyperparameters(name, `There is no hyperparameter "${name}"; there are: ${known.join(', ')}.`);
    }
  }
  const parsed = {} as Record<Name, number>;
  for (const name of known) {
    parsed[name] = parseNumber(name, (given as Record<string, unknown>)[name], rules[name]);
  }
  return parsed;
}

function parseNumber(name: string, value: unknown, rule: NumberRule): number {
  if (value === undefined) return rule.fallback;
  const isKind =
    typeof value === 'number' && (rule.isInteger === true ? Number.isInteger(value) : !Number.isNaN(value));
  if (!isKind || value < rule.minimum || value > rule.maximum) {
    const kind = rule.isInteger === true ? 'a whole number' : 'a number';
    throw new InvalidHyperparameters(name, `"${name}" is ${kind} from ${rule.minimum} to ${rule.maximum}.`);
  }
  return value;
}
