/** How much each kind of score counts in a mix, as standard deviations over the items. */
export interface MixWeights {
  readonly learned: number;
  readonly content: number;
}

/** What one learned score and one content score are multiplied by. */
export interface MixFactors {
  readonly learned: number;
  readonly content: number;
}

/**
 * Factors that give both kinds of scores their weights' standard deviation over the items, so that neither decides by its
 * units. Scores that are all alike order nothing and get 0.
 */
export function scaleMix(learned: Float32Array, content: Float32Array, weights: MixWeights): MixFactors {
  return { learned: weights.learned * inverseDeviation(learned), content: weights.content * inverseDeviation(content) };
}

function inverseDeviation(scores: Float32Array): number {
  let sum = 0;
  let squares = 0;
  for (let item = 0; item < scores.length; item++) {
    sum += scores[item]!;
    squares += scores[item]! * scores[item]!;
  }
  const variance = squares / scores.length - (sum / scores.length) ** 2;
  // Below it, the difference of the two is rounding.
  return variance > 1e-12 * (squares / scores.length) ? 1 / Math.sqrt(variance) : 0;
}
