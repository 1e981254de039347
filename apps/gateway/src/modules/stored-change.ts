import type { Context } from '../context.ts';

/**
 * Does what follows a stored change, and only logs its failure: the caller is told what was stored, which stays so, and
 * the gateway reads every change by the clock as well.
 */
export async function attemptAfterChange({ services, requestId }: Context, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (err) {
    services.logger.error({ err, requestId }, 'a change is stored, and what should follow it failed');
  }
}

/** Shows a stored change to the next request here. */
export function refreshServing(context: Context): Promise<void> {
  return attemptAfterChange(context, () => context.services.serving.refresh());
}
