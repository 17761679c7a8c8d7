/** Φ(z), to about 1e-15 relative to its smaller side, by the series near 0 and Lentz's continued fraction further out. */
export function normalCdf(z: number): number {
  if (z > 0) return 1 - normalCdf(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > -3) {
    let term = z;
    let sum = z;
    for (let n = 3; Math.abs(term) > 1e-17; n += 2) {
      term *= (z * z) / n;
      sum += term;
    }
    return 0.5 + density * sum;
  }
  // Mills' ratio: 1 / (x + 1 / (x + 2 / (x + 3 / ...))), from the far end.
  let tail = -z;
  for (let n = 120; n >= 1; n -= 1) tail = -z + n / tail;
  return density / tail;
}

/** The z with Φ(z) = p: a few halvings, then Newton's steps, which double the digits each. */
export function normalQuantile(p: number): number {
  if (p <= 0) return -40;
  if (p > 0.5) return -normalQuantile(1 - p);
  let [low, high] = [-40, 0];
  for (let step = 0; step < 12; step += 1) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  let z = (low + high) / 2;
  for (let step = 0; step < 4; step += 1) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    z = Math.min(high, Math.max(low, z - (normalCdf(z) - p) / density));
  }
  return z;
}
