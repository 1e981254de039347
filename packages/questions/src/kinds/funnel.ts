import type { Terms } from '../noise/budget.ts';
import { discreteLaplaceSumHalfWidth } from '../noise/laplace-sum.ts';
import { laplaceNoise } from '../noise/sum-noise.ts';
import { countRow } from '../plan.ts';
import type { Spec } from '../spec/canonical.ts';
import { intervalSql } from '../spec/intervals.ts';
import { describeRows, type KeyedSums, MEASURE_UNITS, planKeyedSums, type SumsPlan } from './keyed-sums.ts';

/** One interaction of an account, in the order of time. */
export interface StepRow {
  readonly type: string;
  /** UTC, as YYYY-MM-DD. */
  readonly day: string;
}

/**
 * FUNNEL: how many accounts did the first step, then later the second, and so on. Each account is counted once, in its
 * deepest step, so it changes one number by 1 whatever the number of steps; those who reached a step are the sum of that
 * step and the deeper ones.
 */
export function planFunnel(spec: Spec<'FUNNEL'>, terms: Terms): SumsPlan {
  const sums = funnelSums(spec);
  const noise = laplaceNoise(terms.epsilon, sums.limits);
  const stepCount = spec.steps.length;
  // Those who reached step s are a sum of stepCount - s noisy numbers.
  const halfWidths = spec.steps.map((_, step) =>
    discreteLaplaceSumHalfWidth({ epsilon: Number(terms.epsilon), count: stepCount - step }),
  );
  return planKeyedSums(
    sums,
    noise,
    (deepest) => {
      let reached = 0;
      const rows = spec.steps.map((_, index) => {
        const step = stepCount - 1 - index;
        reached += deepest[step]!.value;
        return countRow(stepKey(spec.steps, step), reached, halfWidths[step]!);
      });
      return describeRows(MEASURE_UNITS.CUSTOMERS, rows.reverse());
    },
    halfWidths[0]!,
  );
}

export function funnelSums({ steps, requireLaterDay, filter }: Spec<'FUNNEL'>): KeyedSums<StepRow> {
  return {
    keys: steps.map((_, step) => stepKey(steps, step)),
    limits: { l0: 1, lInf: 1 },
    query: {
      columns: `i.type::text AS type, ${intervalSql('DAY', 'i.occurred_at')} AS day`,
      filter: { ...filter, eventTypes: [...new Set(steps)] },
      // Of one moment, in the order of the steps: a purchase and its view may carry the same stamp.
      orderBy: `i.occurred_at, ${stepOrderSql(steps)}`,
    },
    contribute(rows) {
      // The earliest row for each step leaves the most for the steps after it.
      let depth = 0;
      let reachedOn = '';
      for (const { type, day } of rows) {
        if (depth === steps.length || type !== steps[depth] || (requireLaterDay && day <= reachedOn)) continue;
        depth++;
        reachedOn = day;
      }
      return depth === 0 ? [] : [{ key: stepKey(steps, depth - 1), value: 1 }];
    },
  };
}

/** A type may be a step twice (bought, bought again), so keys are numbered. */
function stepKey(steps: readonly string[], step: number): string {
  return `${step + 1} ${steps[step]}`;
}

function stepOrderSql(steps: Spec<'FUNNEL'>['steps']): string {
  const first = [...new Set(steps)];
  return `CASE i.type ${first.map((type, order) => `WHEN '${type}' THEN ${order}`).join(' ')} END`;
}
