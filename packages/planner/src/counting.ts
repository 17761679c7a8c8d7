/**
 * How many of several independent things happen: the Poisson binomial distribution, by adding one thing at a time (Barlow
 * and Heidtmann 1984, "Computing k-out-of-n system reliability"). Exact up to rounding, O(n^2), with positive terms only,
 * so that small probabilities keep their digits. Element k is the probability that exactly k happen.
 */
export function countDistribution(probabilities: readonly number[]): Float64Array {
  const counts = new Float64Array(probabilities.length + 1);
  counts[0] = 1;
  for (const [at, probability] of probabilities.entries()) {
    for (let k = at + 1; k >= 0; k -= 1) {
      const fewer = k === 0 ? 0 : (counts[k - 1] as number);
      counts[k] = (counts[k] as number) * (1 - probability) + fewer * probability;
    }
  }
  return counts;
}

/** The probability that at least `least` of them happen. */
export function atLeast(least: number, probabilities: readonly number[]): number {
  if (least <= 0) return 1;
  let sum = 0;
  const counts = countDistribution(probabilities);
  for (let k = counts.length - 1; k >= least; k -= 1) sum += counts[k] as number;
  return Math.min(1, sum);
}

/** The probability that at least `least` of `trials` happen, each with `probability`: a binomial tail. */
export function binomialTail(trials: number, probability: number, least: number): number {
  return atLeast(least, Array<number>(trials).fill(probability));
}
