/**
 * The probability with which one statistical row may accuse an honest mechanism. A run has fewer than `MAX_ROWS` such rows, so
 * by the union bound the whole audit raises a false alarm with probability below MAX_ROWS * ROW_FALSE_ALARM < 1e-5.
 */
export const ROW_FALSE_ALARM = 5e-8;
export const MAX_ROWS = 120;
