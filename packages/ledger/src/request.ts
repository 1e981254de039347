import {
  checkEvent,
  type DpEvent,
  type FilterCost,
  PrivacyParameterError,
  priceEvent,
  UnsupportedEventError,
} from '@sotto/privacy';
import { canonicalJson, isStorableText } from './canonical.ts';
import { formatDecimal, parseDecimal } from './decimals.ts';
import { LedgerError } from './errors.ts';
import { BUDGET_PURPOSES, type ReleaseRequest } from './types.ts';

/** A release may fail with this probability of its own, in the filter's units of 2^-100; rounded up as prices are. */
const MAX_OWN_DELTA_UNITS = (1n << 100n) / 10n ** 8n + 1n;
const MAX_EPSILON = parseDecimal('epsilon', '1000');
const MAX_NAME_LENGTH = 200;

/**
 * Checks all that a caller asks before anything is read.
 * @returns the same with its decimals in their shortest form
 * @throws LedgerError BAD_INPUT naming the parameter
 */
export function checkRequest(request: ReleaseRequest): ReleaseRequest {
  const epsilon = parseDecimal('epsilon', request.epsilon);
  if (epsilon <= 0n || epsilon > MAX_EPSILON) refuse('epsilon', 'must be above 0 and at most 1000');
  const delta = parseDecimal('delta', request.delta);
  if (delta <= 0n || delta >= parseDecimal('delta', '1')) refuse('delta', 'must lie strictly between 0 and 1');
  if (!BUDGET_PURPOSES.includes(request.purpose)) refuse('purpose', 'is not one of the purposes');
  checkName('kind', request.kind);
  checkName('askedBy', request.askedBy);
  checkName('mechanism', request.mechanism);
  if (request.askedBy === '*') refuse('askedBy', 'stands for everybody');
  if (typeof request.noiseScale !== 'number' || !Number.isFinite(request.noiseScale) || request.noiseScale < 0)
    refuse('noiseScale', 'must be a finite number of at least 0');
  canonicalJson('question', request.question);
  if (Object.hasOwn(request.question, 'epsilon')) refuse('question', 'must not hold epsilon');
  canonicalJson('event', request.event);
  return { ...request, epsilon: formatDecimal(epsilon), delta: formatDecimal(delta) };
}

/**
 * What a release takes from a filter of this order.
 * @throws LedgerError BAD_INPUT for an event without a bound, one that costs nothing, one that fails too often
 */
export function priceRequest(event: DpEvent, order: number): FilterCost {
  const cost = priceStoredEvent(event, order);
  if (cost.lossUnits === 0n && cost.deltaUnits === 0n) refuse('event', 'costs nothing');
  if (cost.deltaUnits > MAX_OWN_DELTA_UNITS) refuse('delta', 'of the event itself must be at most 0.00000001');
  return cost;
}

/** @throws LedgerError BAD_INPUT for what is no event, or one without a bound */
export function priceStoredEvent(event: unknown, order: number): FilterCost {
  try {
    return priceEvent({ event: checkEvent(event), order });
  } catch (cause) {
    if (cause instanceof PrivacyParameterError)
      throw new LedgerError('BAD_INPUT', cause.message, { parameter: cause.parameter, cause });
    if (cause instanceof UnsupportedEventError)
      throw new LedgerError('BAD_INPUT', 'event has no proven bound', { parameter: 'event', cause });
    throw cause;
  }
}

export function checkName(parameter: string, text: unknown): void {
  if (typeof text !== 'string' || text.trim() === '' || text.length > MAX_NAME_LENGTH || !isStorableText(text))
    refuse(parameter, `must be a text of 1 to ${MAX_NAME_LENGTH} characters`);
}

function refuse(parameter: string, reason: string): never {
  throw new LedgerError('BAD_INPUT', `${parameter} ${reason}`, { parameter });
}
