import {
  QUESTION_KINDS,
  type QuestionInput as QuestionInputShape,
  type QuestionKind as QuestionKindName,
  type QuestionPrice as QuestionPriceShape,
  questionJsonSchemas,
} from '@sotto/questions';
import type { GraphQLResolveInfo } from 'graphql';
import { builder } from '../../builder.ts';
import { AllowanceExceeded } from '../privacy/allowances.ts';
import { BudgetExhausted, PrivacyBudget } from '../privacy/budget.ts';
import { Release } from '../privacy/release.ts';
import { askForCaller, priceForCaller } from './ask.ts';
import { InvalidQuestion } from './invalid-question.ts';

/** Ten asks fit into a document, whatever they select. */
export const ASK_COST = { field: 182, multiplier: 0 } as const;
/** Pricing reads the catalogue and the ledger. */
const PRICE_COST = { field: 20, multiplier: 1 } as const;

export const QuestionKind = builder.enumType('QuestionKind', { values: QUESTION_KINDS });

const QuestionInput = builder.inputType('QuestionInput', {
  description:
    "epsilon asked is what the release would cost alone, at the budget's delta. BudgetExhausted only when no cohort can pay.",
  fields: (t) => ({
    kind: t.field({ type: QuestionKind, required: true }),
    spec: t.field({ type: 'JSON', required: true, description: 'By kind: see questionSchemas.' }),
    epsilon: t.field({ type: 'Decimal' }),
    assumedPopulation: t.int({
      description: 'How many customers you take to be in it, for errors that depend on it. Never checked.',
    }),
    requireAllCohorts: t.boolean({
      defaultValue: false,
      description: 'Refuse rather than leave out cohorts that cannot pay.',
    }),
  }),
});

const QuestionPrice = builder.objectRef<QuestionPriceShape>('QuestionPrice').implement({
  fields: (t) => ({
    epsilon: t.expose('epsilon', { type: 'Decimal' }),
    delta: t.expose('delta', { type: 'Decimal' }),
    expectedError: t.exposeFloat('expectedError', {
      nullable: true,
      description: 'Null where only the data could tell; then state a population.',
    }),
    confidence: t.exposeFloat('confidence'),
    questionsLeft: t.exposeInt('questionsLeft', {
      description: 'How often this can be asked until no cohort can pay.',
    }),
    cohorts: t.field({
      type: [PrivacyBudget],
      description: 'As they would be left.',
      resolve: ({ cohorts }) => [...cohorts],
    }),
    wouldBeReplayed: t.exposeBoolean('wouldBeReplayed'),
  }),
});

const AskQuestionResult = builder.unionType('AskQuestionResult', {
  types: [Release, BudgetExhausted, AllowanceExceeded, InvalidQuestion],
});

const QuestionSchema = builder
  .objectRef<{ readonly kind: QuestionKindName; readonly schema: object }>('QuestionSchema')
  .implement({
    fields: (t) => ({
      kind: t.expose('kind', { type: QuestionKind }),
      schema: t.expose('schema', { type: 'JSON' }),
    }),
  });

builder.queryFields((t) => ({
  priceQuestion: t.field({
    type: QuestionPrice,
    authScopes: { analyst: true },
    complexity: PRICE_COST,
    description: 'Dry run: what the question would cost and how good the answer would be. Touches no customer data.',
    args: { question: t.arg({ type: QuestionInput, required: true }) },
    resolve: (_root, { question }, context) => priceForCaller(context, withSpec(question)),
  }),
  questionSchemas: t.field({
    type: [QuestionSchema],
    authScopes: { analyst: true },
    description: 'What a question of each kind looks like: the JSON schema of its spec.',
    resolve: () => {
      const schemas = questionJsonSchemas();
      return QUESTION_KINDS.map((kind) => ({ kind, schema: schemas[kind] }));
    },
  }),
}));

builder.mutationField('askQuestion', (t) =>
  t.field({
    type: AskQuestionResult,
    authScopes: { analyst: true },
    complexity: ASK_COST,
    description:
      'Answers with noise, and charges every cohort in the answer; the same question again is answered with the stored release, at no cost. At most ten in a document. extensions.privacy says what they cost.',
    args: { question: t.arg({ type: QuestionInput, required: true }) },
    resolve: (_root, { question }, context, info) => askForCaller(context, withSpec(question), pathOf(info)),
  }),
);

/** JSON null is a value that the schema lets through; it is the parser's to refuse. */
function withSpec({ spec, ...question }: typeof QuestionInput.$inferInput): QuestionInputShape {
  return { ...question, spec };
}

/** The name of a root field in the answer: its alias, if it has one. */
export function pathOf({ path }: Pick<GraphQLResolveInfo, 'path'>): string {
  return String(path.key);
}
