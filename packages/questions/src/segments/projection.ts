const ITERATIONS = 500;

/**
 * Places on a plane whose distances come closest to those of the points (classical scaling, Torgerson 1952): with B the inner
 * products of the centred points, the two leading eigenvectors times the roots of their eigenvalues. There are a few
 * points, so power iteration with deflation is enough; signs are fixed so that the same release is the same map.
 */
export function projectOntoPlane(points: readonly (readonly number[])[]): { readonly x: number; readonly y: number }[] {
  const centre = (points[0] ?? []).map((_, at) => points.reduce((sum, point) => sum + point[at]!, 0) / points.length);
  const centred = points.map((point) => point.map((value, at) => value - centre[at]!));
  let inner = centred.map((a) => centred.map((b) => a.reduce((sum, value, at) => sum + value * b[at]!, 0)));
  const axes: number[][] = [];
  for (let axis = 0; axis < 2; axis++) {
    const { vector, value } = leadingEigenvector(inner);
    axes.push(vector.map((entry) => entry * Math.sqrt(Math.max(0, value))));
    inner = inner.map((row, i) => row.map((entry, j) => entry - value * vector[i]! * vector[j]!));
  }
  return points.map((_, index) => ({ x: axes[0]![index]!, y: axes[1]![index]! }));
}

function leadingEigenvector(matrix: readonly (readonly number[])[]): { vector: number[]; value: number } {
  // The longest column is no eigenvector of another eigenvalue alone, unless the leading one does not touch it.
  const norms = matrix.map((row) => Math.hypot(...row));
  const longest = norms.indexOf(Math.max(...norms));
  let vector = matrix.map((row) => row[longest]!);
  let value = 0;
  for (let i = 0; i < ITERATIONS; i++) {
    const norm = Math.hypot(...vector);
    if (norm === 0) return { vector, value: 0 };
    vector = vector.map((entry) => entry / norm);
    const next = matrix.map((row) => row.reduce((sum, entry, at) => sum + entry * vector[at]!, 0));
    value = next.reduce((sum, entry, at) => sum + entry * vector[at]!, 0);
    vector = next;
  }
  const norm = Math.hypot(...vector) || 1;
  const largest = vector.reduce((best, entry) => (Math.abs(entry) > Math.abs(best) + 1e-12 ? entry : best), 0);
  const sign = largest < 0 ? -1 : 1;
  return { vector: vector.map((entry) => (sign * entry) / norm), value };
}
