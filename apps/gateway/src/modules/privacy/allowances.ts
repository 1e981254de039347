import { type AllowanceState, LedgerError, listAllowances, setAllowance } from '@sotto/ledger';
import { builder, type Typed } from '../../builder.ts';
import type { Services } from '../../context.ts';
import { ErrorInterface, type ErrorShape, InvalidInput, type InvalidInputShape, invalidInput } from '../errors.ts';
import { BudgetPurpose } from './ledger.ts';

const DEFAULT_WINDOW_DAYS = 30;

type AllowanceShape = Typed<'Allowance'> & AllowanceState;

const Allowance = builder.objectRef<AllowanceShape>('Allowance').implement({
  description:
    'How much an analyst may spend for a purpose within a window of days: policy on top of the budgets, which stand whatever it says.',
  isTypeOf: (value) => (value as Partial<Typed<string>>).__typename === 'Allowance',
  fields: (t) => ({
    askedBy: t.exposeString('askedBy', {
      description: '`*`: everybody who has none of their own, each counted alone.',
    }),
    purpose: t.expose('purpose', { type: BudgetPurpose }),
    epsilon: t.expose('epsilon', { type: 'Decimal', description: 'Sum of the epsilons that may be asked.' }),
    windowDays: t.exposeInt('windowDays'),
    spent: t.expose('spent', { type: 'Decimal' }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the oldest part of what is spent is free again; null while nothing is.',
    }),
    isDefault: t.exposeBoolean('isDefault', { description: 'Whether it comes from the one for everybody.' }),
  }),
});

export type AllowanceExceededShape = ErrorShape & Typed<'AllowanceExceeded'> & { readonly resetsAt: Date };

export const AllowanceExceeded = builder.objectRef<AllowanceExceededShape>('AllowanceExceeded').implement({
  description: 'The one who asks has spent their allowance. Nothing was read and nothing charged.',
  interfaces: [ErrorInterface],
  isTypeOf: (value) => (value as Partial<Typed<string>>).__typename === 'AllowanceExceeded',
  fields: (t) => ({ resetsAt: t.expose('resetsAt', { type: 'DateTime' }) }),
});

/** The refusal of the ledger as a result of a mutation. */
export function allowanceExceeded(refusal: {
  readonly resetsAt: Date;
  readonly message: string;
}): AllowanceExceededShape {
  const { resetsAt, message } = refusal;
  return { __typename: 'AllowanceExceeded', code: 'ALLOWANCE_EXCEEDED', message, resetsAt };
}

builder.queryField('allowances', (t) =>
  t.field({
    type: [Allowance],
    authScopes: { analyst: true },
    description: 'Those that are set, and of the one for everybody the part of each who has spent of it.',
    resolve: async (_root, _args, { services }) =>
      (await listAllowances(services.database, services.clock())).map(allowanceOf),
  }),
);

function allowanceOf(state: AllowanceState): AllowanceShape {
  return { __typename: 'Allowance', ...state };
}

const AllowanceInput = builder.inputType('AllowanceInput', {
  fields: (t) => ({
    askedBy: t.string({ required: true, description: 'As the ledger names them; `*`: everybody without one.' }),
    purpose: t.field({ type: BudgetPurpose, required: true }),
    epsilon: t.field({ type: 'Decimal', description: 'null takes the allowance back; "0" lets nothing be asked.' }),
    windowDays: t.int({ defaultValue: DEFAULT_WINDOW_DAYS }),
  }),
});

const SetAllowanceResult = builder.unionType('SetAllowanceResult', { types: [Allowance, InvalidInput] });

builder.mutationField('setAllowance', (t) =>
  t.field({
    type: SetAllowanceResult,
    nullable: true,
    authScopes: { operator: true },
    description: 'Sets or replaces one; null when it was taken back.',
    args: { input: t.arg({ type: AllowanceInput, required: true }) },
    resolve: (_root, { input }, { services }) => storeAllowance(services, input),
  }),
);

async function storeAllowance(
  { database, clock }: Services,
  input: typeof AllowanceInput.$inferInput,
): Promise<AllowanceShape | InvalidInputShape | null> {
  const { askedBy, purpose } = input;
  const windowDays = input.windowDays ?? DEFAULT_WINDOW_DAYS;
  try {
    await setAllowance(database, { askedBy, purpose, epsilon: input.epsilon ?? null, windowDays });
  } catch (error) {
    if (!(error instanceof LedgerError) || error.parameter === undefined) throw error;
    return invalidInput(error.message, error.parameter);
  }
  const stored = (await listAllowances(database, clock())).find(
    (state) => state.askedBy === askedBy && state.purpose === purpose && !state.isDefault,
  );
  return stored ? allowanceOf(stored) : null;
}
