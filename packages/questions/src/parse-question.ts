import { InvalidQuestionError } from './invalid-question-error.ts';
import { QUESTION_KINDS, type QuestionInput, type QuestionKind } from './question-kinds.ts';
import { canonicalSpecs, type Spec } from './spec/canonical.ts';
import { specSchemas } from './spec/schemas.ts';

/** What is spent when the asker says nothing: a count of customers is then within 6 of the truth, 95 times in 100. */
export const DEFAULT_EPSILON = '0.5';
const EPSILON = /^\d{1,2}(?:\.\d{1,12})?$/;
const MIN_EPSILON = 0.001;
const MAX_EPSILON = 20;
const MAX_POPULATION = 1_000_000_000;
const MAX_MESSAGE_LENGTH = 200;

/** A question of a kind, checked and in its one form. */
export interface QuestionOf<Kind extends QuestionKind> {
  readonly kind: Kind;
  /** Canonical: the same meaning is the same JSON. */
  readonly spec: Spec<Kind>;
  /** An exact decimal. */
  readonly epsilon: string;
  readonly assumedPopulation: number | null;
  readonly requireAllCohorts: boolean;
}
export type Question = { [Kind in QuestionKind]: QuestionOf<Kind> }[QuestionKind];

/**
 * Checks everything that can be checked without the catalogue.
 * @throws InvalidQuestionError that names the parameter and holds no value of it
 */
export function parseQuestion(input: QuestionInput): Question {
  if (typeof input !== 'object' || input === null) throw new InvalidQuestionError('question', 'must be an object');
  const { kind, assumedPopulation, requireAllCohorts } = input;
  if (!QUESTION_KINDS.includes(kind)) throw new InvalidQuestionError('kind', 'is not a kind of question');
  const epsilon = parseEpsilon(input.epsilon);
  if (assumedPopulation != null && !isPopulation(assumedPopulation))
    throw new InvalidQuestionError('assumedPopulation', `must be a whole number from 1 to ${MAX_POPULATION}`);
  if (requireAllCohorts != null && typeof requireAllCohorts !== 'boolean')
    throw new InvalidQuestionError('requireAllCohorts', 'must be true or false');
  return {
    kind,
    spec: parseSpec(kind, input.spec),
    epsilon,
    assumedPopulation: assumedPopulation ?? null,
    requireAllCohorts: requireAllCohorts ?? false,
  } as Question;
}

/**
 * An exact decimal text from 0.001 to 20, in its shortest form. A JSON number is refused: 0.1 is not one tenth.
 * @throws InvalidQuestionError naming `epsilon`
 */
export function parseEpsilon(value: unknown): string {
  if (value == null) return DEFAULT_EPSILON;
  if (typeof value !== 'string' || !EPSILON.test(value))
    throw new InvalidQuestionError('epsilon', 'must be a decimal text with at most 12 places, such as "0.5"');
  // Exact enough: no text of 12 places lies between a limit and the double next to it.
  const number = Number(value);
  if (number < MIN_EPSILON || number > MAX_EPSILON)
    throw new InvalidQuestionError('epsilon', `must be from ${MIN_EPSILON} to ${MAX_EPSILON}`);
  const [whole = '0', fraction = ''] = value.split('.');
  const digits = fraction.replace(/0+$/, '');
  return `${Number(whole)}${digits === '' ? '' : `.${digits}`}`;
}

/** @throws InvalidQuestionError naming `spec` and the way to what is wrong in it */
export function parseSpec<Kind extends QuestionKind>(kind: Kind, value: unknown): Spec<Kind> {
  const parsed = specSchemas[kind].safeParse(withoutNulls(value), {
    error: ({ code, input }) => (code === 'invalid_type' && input === undefined ? 'is missing' : undefined),
  });
  if (parsed.success) return (canonicalSpecs[kind] as (spec: unknown) => Spec<Kind>)(parsed.data);
  const issue = parsed.error.issues[0]!;
  const key = issue.code === 'unrecognized_keys' ? [String(issue.keys[0]).slice(0, 40)] : [];
  const path = ['spec', ...issue.path, ...key].reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
  const reason = issue.code === 'unrecognized_keys' ? 'is not known here' : issue.message;
  throw new InvalidQuestionError(path, reason.slice(0, MAX_MESSAGE_LENGTH));
}

/** What is null is as if it were left out: of the spec, and of the objects in it, which hold no objects. */
function withoutNulls(value: unknown, levels = 2): unknown {
  if (levels === 0 || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== null)
      .map(([name, part]) => [name, withoutNulls(part, levels - 1)]),
  );
}

function isPopulation(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_POPULATION;
}
