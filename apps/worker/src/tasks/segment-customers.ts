import {
  beatSegmentation,
  claimSegmentation,
  type Database,
  failSegmentation,
  finishSegmentation,
  inTransaction,
  type SegmentationHandle,
  segmentCustomersJob,
} from '@sotto/database';
import { completeRelease, startReservation } from '@sotto/ledger';
import { drawSegmentation } from '@sotto/questions';
import type { Task } from 'graphile-worker';
import type { Logger } from 'pino';
import type { Env } from '../env.ts';
import { describeForLog } from '../failure.ts';

export interface SegmentCustomersDeps {
  readonly database: Database;
  /** This process; segmentations are claimed in its name. */
  readonly workerId: string;
  readonly env: Pick<Env, 'heartbeatIntervalMs'>;
  readonly log: Logger;
}

/** Fixed: what went wrong may depend on customers' rows, and is not told. */
const FAILED = 'The segments could not be drawn. What was reserved stays charged; request them again.';

class SegmentationLost extends Error {
  override readonly name = 'SegmentationLost';
}

/**
 * Draws one segmentation, from the claim to the stored release. Its reservation is marked STARTED before a customer's
 * row is read and is drawn from once: whatever fails afterwards ends it. A worker that stops sees it through.
 */
export function createSegmentCustomersTask(deps: SegmentCustomersDeps): Task {
  return async (payload) => {
    const { database, workerId } = deps;
    const { segmentationId } = segmentCustomersJob.payload.parse(payload);
    const handle: SegmentationHandle = { segmentationId, workerId };
    const log = deps.log.child({ segmentationId });
    const claimed = await claimSegmentation(database, handle);
    if (!claimed) {
      log.info("not drawn here: it is over, or another worker's");
      return;
    }
    const stopHeartbeat = startHeartbeat(deps, handle, log);
    try {
      await draw(database, handle, claimed.reservationId);
      log.info('segments drawn');
    } catch (error) {
      log.error({ error: describeForLog(error) }, 'segmentation failed');
      if (!(error instanceof SegmentationLost)) await failSegmentation(database, handle, FAILED);
    } finally {
      await stopHeartbeat();
    }
  };
}

async function draw(database: Database, handle: SegmentationHandle, reservationId: string): Promise<void> {
  const reservation = await startReservation(database, reservationId);
  const answer = await drawSegmentation(database, reservation);
  await inTransaction(database, async (tx) => {
    await completeRelease(tx, reservation.id, answer, new Date());
    // Nobody may see an answer of whoever was given up: the release goes with the row.
    if (!(await finishSegmentation(tx, handle))) throw new SegmentationLost('taken to be dead');
  });
}

/** Without a sign of life the segmentation is taken to be a dead worker's. @returns ends it */
function startHeartbeat(
  { database, env }: SegmentCustomersDeps,
  handle: SegmentationHandle,
  log: Logger,
): () => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    last = beatSegmentation(database, handle).catch((error: unknown) => {
      log.warn({ error: describeForLog(error) }, 'could not report');
    });
  }, env.heartbeatIntervalMs);
  return async () => {
    clearInterval(timer);
    await last;
  };
}
