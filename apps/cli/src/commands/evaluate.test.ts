import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { root } from '../repository.ts';
import type { EvaluationRow } from './evaluate/measure.ts';
import { run } from './evaluate.ts';

const beauty = join(root, '../shared/data/amazon-beauty');

async function evaluate(...args: string[]): Promise<{ code: number; output: string }> {
  let output = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += text;
    return true;
  });
  const silence = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    return { code: await run(args), output };
  } finally {
    write.mockRestore();
    silence.mockRestore();
  }
}

describe.skipIf(!existsSync(beauty))('evaluate amazon-beauty (needs ../shared/data/amazon-beauty)', () => {
  it('lands on the yardstick rows of the data README', async () => {
    const args = ['amazon-beauty', '--data', beauty, '--models', 'popularity,item-cosine', '--json'];
    const { code, output } = await evaluate(...args);
    const rows: EvaluationRow[] = JSON.parse(output);
    expect(code).toBe(0);
    expect(rows.map(({ model, epsilon, seed }) => [model, epsilon, seed])).toEqual([
      ['popularity', null, 1],
      ['item-cosine', null, 1],
    ]);
    const expected = [
      { 'hr@5': 0.0076, 'ndcg@5': 0.0042, 'hr@10': 0.0115, 'ndcg@10': 0.0055 },
      { 'hr@5': 0.0459, 'ndcg@5': 0.0328, 'hr@10': 0.0647, 'ndcg@10': 0.0388 },
    ];
    for (const [index, figures] of expected.entries()) {
      for (const [name, figure] of Object.entries(figures)) {
        expect(Math.abs(rows[index]!.metrics[name]! - figure), name).toBeLessThan(0.0015);
      }
    }
  }, 120_000);
});

describe('evaluate', () => {
  it('refuses a file that is not there', async () => {
    const run = evaluate('amazon-beauty', '--data', join(root, 'no-such-file.txt'));
    await expect(run).rejects.toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
  });
});
