import {
  findSegmentationOf,
  findWaitingSegmentation,
  insertReadySegmentation,
  insertSegmentation,
  inTransaction,
  type Segmentation,
  type Transaction,
} from '@sotto/database';
import {
  type AllowanceExceeded,
  type BudgetExhausted,
  LedgerError,
  type ReleaseRequest,
  recordRefusal,
  reserve,
} from '@sotto/ledger';
import { InvalidQuestionError, prepareSegmentation, type SegmentationInput } from '@sotto/questions';
import { AppError } from '@sotto/shop';
import type { Context } from '../../context.ts';
import { type InvalidInputShape, invalidInput } from '../errors.ts';
import { encodeNodeId } from '../node.ts';
import { type AllowanceExceededShape, allowanceExceeded } from '../privacy/allowances.ts';
import { type BudgetExhaustedShape, budgetExhausted } from '../privacy/budget.ts';
import { type SegmentationShape, segmentationOf } from './segmentation.ts';

type Outcome =
  /** Charged by this request, or shown from what is stored or on its way. */
  | { readonly kind: 'shown'; readonly row: Segmentation; readonly isCharged: boolean }
  | BudgetExhausted
  | AllowanceExceeded;

/**
 * Prices, reserves, inserts and enqueues, all or nothing; what is stored or on its way already is shown, at no cost.
 * @param path the request's place in the answer
 */
export async function requestForCaller(
  context: Context,
  input: SegmentationInput,
  path: string,
): Promise<SegmentationShape | BudgetExhaustedShape | AllowanceExceededShape | InvalidInputShape> {
  const { services, caller, receipt } = context;
  const { askedBy } = caller;
  receipt.open();
  const now = services.clock();
  const refuse = (code: string, parameter?: string) =>
    recordRefusal(services.database, { askedBy, purpose: 'ANALYTICS', code, parameter }, now);
  try {
    const request = await prepareSegmentation(services.database.pool, input, { askedBy });
    const outcome = await inTransaction(services.database, (tx) => reserveOrShow(tx, request, now));
    if (outcome.kind === 'budget-exhausted') {
      await refuse('BUDGET_EXHAUSTED');
      return budgetExhausted(outcome);
    }
    if (outcome.kind === 'allowance-exceeded') {
      await refuse('ALLOWANCE_EXCEEDED');
      return allowanceExceeded(outcome);
    }
    const { row, isCharged } = outcome;
    const id = encodeNodeId('Release', row.reservationId);
    receipt.noteRelease({ path, id, epsilon: isCharged ? request.epsilon : '0', isReplay: !isCharged });
    return segmentationOf(row);
  } catch (error) {
    if (error instanceof InvalidQuestionError) {
      const parameter = error.path.replace(/^spec\./, '');
      await refuse('BAD_INPUT', parameter);
      return invalidInput(error.message.replace(/^spec\./, ''), parameter);
    }
    if (error instanceof LedgerError) await refuse(error.code, error.parameter);
    throw error;
  }
}

async function reserveOrShow(tx: Transaction, request: ReleaseRequest, now: Date): Promise<Outcome> {
  const waiting = await findWaitingSegmentation(tx, request.question, request.epsilon);
  if (waiting) return { kind: 'shown', row: waiting, isCharged: false };
  const result = await reserve(tx, request, now);
  const { segmentCount, features } = request.question as Pick<Segmentation, 'segmentCount' | 'features'>;
  const rowOf = (reservationId: string) => ({
    segmentCount,
    features,
    epsilon: request.epsilon,
    requestedBy: request.askedBy,
    reservationId,
  });
  switch (result.kind) {
    case 'reserved':
      return { kind: 'shown', row: await insertSegmentation(tx, rowOf(result.reservation.id)), isCharged: true };
    case 'replay': {
      // A question of the kind SEGMENTS may have been answered without a segmentation that shows it.
      const { id } = result.release;
      const row = (await findSegmentationOf(tx, id)) ?? (await insertReadySegmentation(tx, rowOf(id)));
      return { kind: 'shown', row, isCharged: false };
    }
    case 'pending': {
      const row = await findSegmentationOf(tx, result.reservationId);
      if (!row) throw new AppError('CONFLICT', 'the same segments are being drawn right now; ask again in a minute');
      return { kind: 'shown', row, isCharged: false };
    }
    default:
      return result;
  }
}
