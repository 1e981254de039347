import { listVersionsOverCohort, readSetting } from '@sotto/database';
import { budgetPolicy, listBudgets } from '@sotto/ledger';
import { cohortOf, findCohort, type Person } from '@sotto/shop';
import { builder } from '../../builder.ts';
import type { Services } from '../../context.ts';
import { ModelVersion, modelVersionOf } from '../models/model-version.ts';

interface PassportShape {
  readonly cohort: string;
  readonly epsilonSpent: string;
  readonly epsilonLimit: string;
  readonly delta: string;
  readonly releaseCount: number;
}

/** What a model list of a passport is expected to hold. */
const EXPECTED_VERSIONS = 20;

export const PrivacyPassport = builder.objectRef<PassportShape>('PrivacyPassport').implement({
  description:
    'What all releases together can tell of one account at most: an upper bound for its cohort, less for whoever did not consent. Someone of whom no account is stored yet is in no release, and sees the budget that an account of this month would have.',
  fields: (t) => ({
    cohort: t.exposeString('cohort', { description: 'The month in which the account was created, as 2026-01.' }),
    epsilonSpent: t.expose('epsilonSpent', { type: 'Decimal' }),
    epsilonLimit: t.expose('epsilonLimit', { type: 'Decimal', description: 'Never raised and never refilled.' }),
    delta: t.expose('delta', { type: 'Decimal' }),
    modelVersions: t.field({
      type: [ModelVersion],
      complexity: { field: 1, multiplier: EXPECTED_VERSIONS },
      description: 'Those that the account may be part of, newest first.',
      resolve: async ({ cohort }, _args, { services }) => {
        const ids = await listVersionsOverCohort(services.database, cohort);
        const versions = await Promise.all(ids.map((id) => services.modelVersions.find(id)));
        return versions.flatMap((version) => (version ? [modelVersionOf(version)] : []));
      },
    }),
    releaseCount: t.exposeInt('releaseCount', {
      description: 'Releases that were charged to the cohort, so at most so many hold the account.',
    }),
  }),
});

/** Of an account, or of somebody who is none yet. */
export async function passportOf({ database, clock }: Services, person: Person): Promise<PassportShape> {
  const known = person.kind === 'customer' ? await findCohort(database.pool, person.externalIdHash) : undefined;
  const cohort = known ?? cohortOf(clock());
  const [budget] = known === undefined ? [] : await listBudgets(database, { cohorts: [cohort] });
  if (budget) {
    const { epsilonSpent, epsilonLimit, delta, entryCount } = budget;
    return { cohort, epsilonSpent, epsilonLimit, delta, releaseCount: entryCount };
  }
  const { epsilon, delta } = (await readSetting(database, budgetPolicy)) ?? budgetPolicy.schema.parse({});
  return { cohort, epsilonSpent: '0', epsilonLimit: epsilon, delta, releaseCount: 0 };
}
