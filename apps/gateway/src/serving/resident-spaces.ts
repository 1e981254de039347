import type { ScoreSpace } from './score-space.ts';

export const RESIDENT_MS = 10 * 60_000;
/** However many changes the last minutes saw, their spaces take no more than this besides their models. */
const MAX_RESIDENT_BYTES = 64 * 2 ** 20;
/** As many as keep their artifact in the database: the one that serves and the two before it. */
const MAX_RESIDENT_MODELS = 3;

interface Resident {
  readonly space: ScoreSpace;
  /** When it came into force. Milliseconds since 1970. */
  readonly sinceMs: number;
}

/** The score spaces of the last minutes, so that a page is ranked as the one before it was. */
export class ResidentSpaces {
  /** Oldest first, the one in force last. */
  #residents: readonly Resident[] = [];
  /** What was in force before is not known any more. */
  #knownFromMs = Number.NEGATIVE_INFINITY;

  /** Puts a space in force and forgets those that were superseded too long ago. */
  add(space: ScoreSpace, sinceMs: number): void {
    const residents = [...this.#residents, { space, sinceMs }];
    let first = 0;
    let bytes = residents.reduce((total, resident) => total + resident.space.byteLength, 0);
    while (first < residents.length - 1) {
      const isOutdated = residents[first + 1]!.sinceMs < sinceMs - RESIDENT_MS;
      const models = new Set(residents.slice(first).map(({ space }) => space.modelVersionId));
      if (!isOutdated && bytes <= MAX_RESIDENT_BYTES && models.size <= MAX_RESIDENT_MODELS) break;
      bytes -= residents[first++]!.space.byteLength;
    }
    this.#residents = residents.slice(first);
    if (first > 0) this.#knownFromMs = this.#residents[0]!.sinceMs;
  }

  /** Forgets everything: products were renumbered. */
  clear(nowMs: number): void {
    this.#residents = [];
    this.#knownFromMs = nowMs;
  }

  /**
   * The space of a model that was in force at a moment. A cursor of before this process started, or of another
   * gateway, gets the oldest one of its model.
   * @returns undefined when it is not resident any more
   */
  find(modelVersionId: string | null, atMs: number): ScoreSpace | undefined {
    if (atMs < this.#knownFromMs) return undefined;
    const ofModel = this.#residents.filter(({ space }) => space.modelVersionId === modelVersionId);
    return (ofModel.findLast(({ sinceMs }) => sinceMs <= atMs) ?? ofModel[0])?.space;
  }
}
