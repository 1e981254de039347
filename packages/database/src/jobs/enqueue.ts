import type { z } from 'zod';
import type { Transaction } from '../transaction.ts';

/** A kind of background work: its name and what its payload looks like. The handler lives in the worker. */
export interface Job<Schema extends z.ZodType> {
  readonly name: string;
  /** Parsed when enqueued and again when run. Never personal data: payloads are readable in the queue. */
  readonly payload: Schema;
  /** Two waiting jobs of one key become one. */
  keyOf(payload: z.output<Schema>): string;
  readonly maxAttempts: number;
}

/**
 * Adds a job in the caller's transaction: it exists exactly when the rows it is about do.
 * @throws ZodError when the payload is not what the job declares
 */
export async function enqueue<Schema extends z.ZodType>(
  tx: Transaction,
  job: Job<Schema>,
  payload: z.input<Schema>,
): Promise<void> {
  const parsed = job.payload.parse(payload);
  await tx.query(`SELECT graphile_worker.add_job($1, payload => $2::json, max_attempts => $3::int, job_key => $4)`, [
    job.name,
    JSON.stringify(parsed),
    job.maxAttempts,
    job.keyOf(parsed),
  ]);
}
