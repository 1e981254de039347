import type { Database } from '@sotto/database';
import type { AnalystQuestion, Truth, Truths } from '../analyst-question.ts';
import { CONSENTING_ROWS, toTruths } from '../truth.ts';

const BIAS =
  'Nothing is left out: a customer is in one deepest step. Each step has the noise of those after it in it, so their intervals hold or fail together.';
const ORDINALS = [
  'first',
  'second',
  'third',
  'fourth',
  'fifth',
  'sixth',
  'seventh',
  'eighth',
  'ninth',
  'tenth',
] as const;

/** FUNNEL of different doings: each step at the time of the one before or later. */
export function askFunnel(steps: readonly string[]): AnalystQuestion {
  return {
    ...describeFunnel(`How many customers came from a ${steps.join(' to a ').toLowerCase()}?`, steps.length),
    spec: { steps },
    heading: 'step',
    labelRow: ({ key }) => key.slice(key.indexOf(' ') + 1).toLowerCase(),
    measureTruths: (pool) => measureSteps(pool, steps),
  };
}

/** FUNNEL of a shop that knows purchases alone: bought on a first, a second, a third day. */
export function askRepeatFunnel(visitCount: number): AnalystQuestion {
  const steps = Array.from({ length: visitCount }, () => 'PURCHASE');
  return {
    ...describeFunnel('How many customers bought on one day, then again on a later day, and so on?', visitCount),
    spec: { steps, requireLaterDay: true },
    heading: 'bought on a',
    labelRow: ({ key }) => `${ORDINALS[Number.parseInt(key, 10) - 1]} day`,
    async measureTruths(pool) {
      const { rows } = await pool.query<Truth & { key: string }>(
        `WITH visits AS (
           SELECT count(DISTINCT (i.occurred_at AT TIME ZONE 'UTC')::date) AS days
           FROM ${CONSENTING_ROWS} AND i.type = 'PURCHASE' GROUP BY i.customer_id
         )
         SELECT step || ' PURCHASE' AS key, reached AS exact, reached AS bounded
         FROM generate_series(1, $1::int) step
         CROSS JOIN LATERAL (SELECT count(*)::float8 AS reached FROM visits WHERE days >= step) counted`,
        [visitCount],
      );
      return toTruths(rows);
    },
  };
}

function describeFunnel(asks: string, stepCount: number) {
  return {
    name: 'funnel',
    title: 'Funnel',
    asks,
    kind: 'FUNNEL',
    bounds: `a customer counts once, in the deepest of ${stepCount} steps`,
    bias: BIAS,
    errorScale: 'value',
  } as const;
}

/** The earliest time for each step that is not before that of the step before it. The steps are different types. */
async function measureSteps(pool: Database['pool'], steps: readonly string[]): Promise<Truths> {
  const reached = steps.map((_, step) => {
    const before =
      step === 0 ? '' : `JOIN step${step - 1} earlier ON earlier.account = done.account AND done.at >= earlier.at`;
    return `step${step} AS (
      SELECT done.account, min(done.at) AS at FROM done ${before} WHERE done.type = ($1::text[])[${step + 1}] GROUP BY 1)`;
  });
  const counts = steps.map((_, step) => `SELECT ${step} AS step, count(*)::float8 AS accounts FROM step${step}`);
  const { rows } = await pool.query<{ step: number; accounts: number }>(
    `WITH done AS (
       SELECT i.customer_id AS account, i.type::text AS type, i.occurred_at AS at FROM ${CONSENTING_ROWS}
     ), ${reached.join(', ')} ${counts.join(' UNION ALL ')}`,
    [steps],
  );
  return toTruths(
    rows.map(({ step, accounts }) => ({ key: `${step + 1} ${steps[step]}`, exact: accounts, bounded: accounts })),
  );
}
