import type { DpEvent } from './dp-event.ts';

/**
 * Bounds the total privacy loss of events that were composed one after the other. Immutable: `compose` returns the next
 * accountant, so a dry run is the same call with its result thrown away.
 *
 * Every implementation passes `describeAccountant` of the testing door.
 */
export interface Accountant {
  /** The method's name, for reports: "pure", "zero-concentrated", "renyi", "loss-distribution". */
  readonly name: string;
  /** Whether this accountant has a proven bound for the event. */
  supports(event: DpEvent): boolean;
  /** The accountant after `count` more of an event. Throws UnsupportedEventError and changes nothing when there is no bound. */
  compose(event: DpEvent, count?: number): Accountant;
  /** The smallest epsilon proven at a delta; Infinity when there is none. Rounded up. */
  epsilonFor(options: { delta: number }): number;
  /** The smallest delta proven at an epsilon, at most 1. Rounded up. */
  deltaFor(options: { epsilon: number }): number;
}
