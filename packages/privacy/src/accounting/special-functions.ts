/**
 * Error functions after W. J. Cody, "Rational Chebyshev approximations for the error function" (1969), with the
 * coefficients of the public-domain CALERF; relative error near 1e-16 in each of the three ranges.
 */
const NEAR = {
  p: [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694],
  q: [23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171],
};
const MIDDLE = {
  p: [
    2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001,
    881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
  ],
  q: [
    15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597, 4362.619090143247,
    3439.3676741437216, 1230.3393548037495,
  ],
};
const FAR = {
  p: [
    0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
    0.0006587491615298378,
  ],
  q: [2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918],
};
const INVERSE_SQRT_PI = 0.5641895835477563;
const MIDDLE_START = 0.46875;

/** Cody's scheme: (p0 x + p1) x + … over (x + q0) x + …, the last coefficients unmultiplied. */
function ratio(x: number, { p, q }: { p: number[]; q: number[] }): number {
  let numerator = p[0]! * x;
  let denominator = x;
  const last = q.length - 1;
  for (let i = 0; i < last; i++) {
    numerator = (numerator + p[i + 1]!) * x;
    denominator = (denominator + q[i]!) * x;
  }
  return (numerator + p[last + 1]!) / (denominator + q[last]!);
}

/** exp(-x^2) with the square split, so that the rounding of x^2 is not amplified. */
function expMinusSquare(x: number): number {
  const head = Math.trunc(x * 16) / 16;
  return Math.exp(-head * head) * Math.exp(-(x - head) * (x + head));
}

function scaledComplement(x: number): number {
  if (x <= 4) return ratio(x, MIDDLE);
  const inverseSquare = 1 / (x * x);
  return (INVERSE_SQRT_PI - inverseSquare * ratio(inverseSquare, FAR)) / x;
}

/** erfc(x), the complementary error function; accurate in relative terms into its far tail. */
export function complementaryError(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude <= MIDDLE_START) return 1 - x * ratio(magnitude * magnitude, NEAR);
  if (magnitude > 27) return x > 0 ? 0 : 2;
  const tail = expMinusSquare(magnitude) * scaledComplement(magnitude);
  return x > 0 ? tail : 2 - tail;
}

/** exp(x^2) erfc(x), which stays finite where erfc itself would vanish. */
export function scaledComplementaryError(x: number): number {
  if (x < -26) return Infinity;
  if (Math.abs(x) <= MIDDLE_START) return Math.exp(x * x) * complementaryError(x);
  return x > 0 ? scaledComplement(x) : 2 / expMinusSquare(x) - scaledComplement(-x);
}

/** P(Z <= x) for a standard normal Z. */
export function normalCdf(x: number): number {
  return complementaryError(-x * Math.SQRT1_2) / 2;
}

/** P(low < Z <= high) for a standard normal Z, without cancellation in either tail. */
export function normalMass(low: number, high: number): number {
  return low > 0 ? normalCdf(-low) - normalCdf(-high) : normalCdf(high) - normalCdf(low);
}

/** The x with P(Z <= x) = probability, by bisection of the monotone cdf (accounting is not a hot path). */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1)) return probability <= 0 ? -Infinity : Infinity;
  let low = -40;
  let high = 40;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** log(exp(a) + exp(b)). */
export function addLogs(a: number, b: number): number {
  const high = Math.max(a, b);
  return high === -Infinity ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high));
}

/** log(sum of exp). */
export function sumLogs(logs: ArrayLike<number>): number {
  let high = -Infinity;
  for (let i = 0; i < logs.length; i++) high = Math.max(high, logs[i]!);
  if (!Number.isFinite(high)) return high;
  let sum = 0;
  for (let i = 0; i < logs.length; i++) sum += Math.exp(logs[i]! - high);
  return high + Math.log(sum);
}

/** log(exp(x) - 1) for x > 0. */
export function logExpMinusOne(x: number): number {
  return x > 40 ? x + Math.log1p(-Math.exp(-x)) : Math.log(Math.expm1(x));
}
