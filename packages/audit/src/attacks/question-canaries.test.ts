import { useDatabase } from '@sotto/database/testing';
import { DiscreteLaplace } from '@sotto/privacy';
import { QUESTION_KINDS } from '@sotto/questions';
import { describe, expect, it } from 'vitest';
import { runAudit } from '../audit.ts';
import type { OpenScratch } from '../scratch.ts';
import { type Ask, askForAnswer } from './ask.ts';
import { CANARY_QUESTIONS, questionAttack } from './question-canaries.ts';
import { segmentAttack } from './segment-canaries.ts';

/** Seconds where nothing else runs; many repetitions share the machine with other tests. */
const LONGEST_MS = 120_000;

const database = useDatabase();
// One for all, in turn: each attack brings products of its own.
const open: OpenScratch = async () => ({ database: database.current, close: async () => undefined });
const count = CANARY_QUESTIONS.find(({ kind }) => kind === 'COUNT')!;

/** Answers with other noise than was paid for. */
function withNoise(draw: () => number, population: (ask: Parameters<Ask>) => Promise<number>): Ask {
  return async (...asked) => {
    const answer = await askForAnswer(...asked);
    const value = (await population(asked)) + draw();
    return { ...answer, rows: [{ key: 'total', value, lower: null, upper: null, isSuppressed: false }] };
  };
}

/** The exact number, as a mechanism that forgot its noise would see it. */
async function countExactly([{ pool }, { spec }]: Parameters<Ask>): Promise<number> {
  const { skus } = (spec as { filter: { skus: string[] } }).filter;
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(DISTINCT customer_id)::int AS count FROM interaction JOIN product ON product.id = product_id
     WHERE sku = ANY ($1::text[])`,
    [skus],
  );
  return rows[0]!.count;
}

describe('canaries before questions', { timeout: LONGEST_MS }, () => {
  it('stand before every kind', () => {
    const kinds = [...CANARY_QUESTIONS.map(({ kind }) => kind), 'SEGMENTS'];
    expect(kinds.sort()).toEqual([...QUESTION_KINDS].sort());
  });

  // Odds: 3 estimates of 5e-8 each.
  it('are not seen in honest answers', async () => {
    const questions = CANARY_QUESTIONS.filter(({ kind }) => ['COUNT', 'HISTOGRAM', 'RETENTION'].includes(kind));
    const attacks = questions.map((question) => questionAttack(open, question));
    for (const finding of await runAudit({ attacks, size: 'quick' }))
      expect(finding).toMatchObject({ attack: 'membership-inference', claimedEpsilon: 0.1, passed: true });
  });

  it('are seen in an answer without noise', async () => {
    const ask = withNoise(() => 0, countExactly);
    const [finding] = await runAudit({ attacks: [questionAttack(open, count, ask)], size: 'quick' });
    expect(finding).toMatchObject({ target: 'question COUNT', claimedEpsilon: 0.1, passed: false });
  });

  it('are seen in an answer with a hundredth of the noise', async () => {
    const noise = new DiscreteLaplace({ scale: '1/10' });
    const ask = withNoise(() => Number(noise.draw()), countExactly);
    const [finding] = await runAudit({ attacks: [questionAttack(open, count, ask)], size: 'quick' });
    expect(finding).toMatchObject({ passed: false });
  });

  it('find an answer that was sold for less than it costs', async () => {
    const ask: Ask = async (...asked) => ({ ...(await askForAnswer(...asked)), epsilon: 0.05 });
    const [finding] = await runAudit({ attacks: [questionAttack(open, count, ask)], size: 'quick' });
    expect(finding).toMatchObject({ target: 'question COUNT: sold for less than it costs', passed: false });
  });

  // Last: its days pass. Odds: one estimate of 5e-8.
  it('are not seen in segments', async () => {
    const [finding] = await runAudit({ attacks: [segmentAttack(open)], size: 'quick' });
    expect(finding).toMatchObject({ target: 'question SEGMENTS', claimedEpsilon: 2, passed: true });
  });
});
