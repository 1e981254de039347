/** Lanczos' approximation of log Gamma, relative error below 1e-13 for positive arguments. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const coefficients = [
    0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406,
    12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  const shifted = x - 1;
  const base = shifted + 7.5;
  const sum = coefficients.reduce(
    (total, value, index) => (index === 0 ? value : total + value / (shifted + index)),
    0,
  );
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum);
}

/** P(chi-square with `degrees` of freedom >= statistic): the regularised upper incomplete gamma function. */
export function chiSquareTail(statistic: number, degrees: number): number {
  const a = degrees / 2;
  const x = statistic / 2;
  if (x <= 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; term > sum * 1e-16; n++) sum += term *= x / (a + n);
    return Math.max(0, 1 - front * sum);
  }
  // Lentz's method on the continued fraction.
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 10_000; n++) {
    const factor = -n * (n - a);
    b += 2;
    d = 1 / (factor * d + b);
    c = b + factor / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** P(Binomial(trials, probability) >= successes), summed from the larger terms down. */
export function binomialUpperTail(successes: number, trials: number, probability: number): number {
  if (successes <= 0) return 1;
  if (successes > trials || probability <= 0) return 0;
  if (probability >= 1) return 1;
  const logOdds = Math.log(probability) - Math.log1p(-probability);
  const logRest = trials * Math.log1p(-probability);
  const logChoose = logGamma(trials + 1) - logGamma(successes + 1) - logGamma(trials - successes + 1);
  if (successes <= trials * probability) return 1 - binomialUpperTail(trials - successes + 1, trials, 1 - probability);
  let term = Math.exp(logChoose + successes * logOdds + logRest);
  let sum = 0;
  for (let k = successes; k <= trials && term > sum * 1e-17; k++) {
    sum += term;
    term *= ((trials - k) / (k + 1)) * Math.exp(logOdds);
  }
  return Math.min(1, sum);
}

/** The lower end of Clopper and Pearson's exact interval: wrong (too high) with probability at most `falseAlarm`. */
export function probabilityLowerBound(successes: number, trials: number, falseAlarm: number): number {
  if (successes === 0) return 0;
  return bisect((probability) => binomialUpperTail(successes, trials, probability) < falseAlarm);
}

/** The upper end of Clopper and Pearson's exact interval: wrong (too low) with probability at most `falseAlarm`. */
export function probabilityUpperBound(successes: number, trials: number, falseAlarm: number): number {
  return 1 - probabilityLowerBound(trials - successes, trials, falseAlarm);
}

/** The largest probability for which the predicate, true at 0 and then false, still holds. */
function bisect(holds: (probability: number) => boolean): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
