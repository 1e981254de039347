/** The sum of the templates, each times the coefficient that fits best, but not below zero. */
export function fitTemplates(observed: Float64Array, templates: readonly Float64Array[]): Float64Array {
  let active = templates.map((_, index) => index).filter((index) => dot(templates[index]!, templates[index]!) > 0);
  for (;;) {
    const coefficients = solveNormalEquations(
      active.map((index) => templates[index]!),
      observed,
    );
    const worst = coefficients.indexOf(Math.min(...coefficients));
    if (active.length === 0 || coefficients[worst]! >= 0) {
      const sum = new Float64Array(observed.length);
      for (const [place, index] of active.entries()) {
        for (let at = 0; at < sum.length; at++) sum[at] = sum[at]! + coefficients[place]! * templates[index]![at]!;
      }
      return sum;
    }
    active = active.filter((_, place) => place !== worst);
  }
}

/** Least squares by Gaussian elimination; a column without anything new gets 0. */
function solveNormalEquations(columns: readonly Float64Array[], target: Float64Array): number[] {
  const count = columns.length;
  const system = columns.map((column) => [...columns.map((other) => dot(column, other)), dot(column, target)]);
  const scales = system.map((row, at) => row[at]!);
  for (let pivot = 0; pivot < count; pivot++) {
    if (system[pivot]![pivot]! <= 1e-9 * scales[pivot]!) {
      system[pivot] = system[pivot]!.map((_, column) => (column === pivot ? 1 : 0));
    }
    for (let row = 0; row < count; row++) {
      if (row === pivot) continue;
      const factor = system[row]![pivot]! / system[pivot]![pivot]!;
      for (let column = pivot; column <= count; column++) system[row]![column]! -= factor * system[pivot]![column]!;
    }
  }
  return system.map((row, at) => row[count]! / row[at]!);
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at++) sum += left[at]! * right[at]!;
  return sum;
}
