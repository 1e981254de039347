import { checkFinite, checkInteger, PrivacyParameterError } from '../checks.ts';

/** A public range of one feature: a constant or an earlier release, never the data's own minimum and maximum. */
export interface FeatureRange {
  readonly minimum: number;
  readonly maximum: number;
}

/** Features are whole numbers within [-GRID_RADIUS, GRID_RADIUS] once on the grid. */
export const GRID_RADIUS = 2 ** 10;

/** Clamps and rounds features onto a public integer grid, so that sums are whole and the noise on them exact. */
export class FeatureGrid {
  readonly dimensions: number;
  readonly #ranges: readonly FeatureRange[];

  constructor(ranges: readonly FeatureRange[]) {
    if (!Array.isArray(ranges) || ranges.length === 0) throw new PrivacyParameterError('ranges', 'is missing or empty');
    for (const range of ranges) {
      const minimum = checkFinite('ranges.minimum', range?.minimum);
      if (!(checkFinite('ranges.maximum', range.maximum) > minimum)) {
        throw new PrivacyParameterError('ranges', 'must have each maximum above its minimum');
      }
    }
    this.#ranges = ranges;
    this.dimensions = ranges.length;
  }

  /**
   * @param points one account a row, `dimensions` features each, row after row; a value that is not a number becomes the
   * middle of its range (refusing would tell of one account's row)
   */
  quantise(points: Float64Array): Int16Array {
    const d = this.dimensions;
    checkInteger('points', points.length / d);
    const grid = new Int16Array(points.length);
    for (let index = 0; index < points.length; index++) {
      const { minimum, maximum } = this.#ranges[index % d]!;
      const value = points[index]!;
      const share = Number.isNaN(value) ? 0.5 : (value - minimum) / (maximum - minimum);
      grid[index] = Math.round((Math.min(1, Math.max(0, share)) * 2 - 1) * GRID_RADIUS);
    }
    return grid;
  }

  /** A point of the grid (any real coordinates) in the features' own units. */
  restore(point: ArrayLike<number>): number[] {
    return this.#ranges.map(({ minimum, maximum }, axis) => {
      const share = (point[axis]! / GRID_RADIUS + 1) / 2;
      return minimum + Math.min(1, Math.max(0, share)) * (maximum - minimum);
    });
  }
}
