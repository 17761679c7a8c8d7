/**
 * Seeds that once failed on the real code, and why. They run first. A change of the swarm or of the order of random draws
 * makes another run of a seed, so what each found also has a test in the package that it was found in.
 */
export const regressionSeeds = {
  core: [
    {
      seed: 146,
      found: "a tick at the core's own deadline did nothing, by a rounding of one unit, and was asked for for ever",
    },
    { seed: 353, found: "entries loaded from disk after the next index had moved on left a follower waiting for ever" },
    { seed: 264, found: "the same, with two followers" },
  ],
  replica: [
    { seed: 46, found: "one of several read groups of one question ran out of time, and the expiry timer spun" },
    { seed: 19, found: "the same, on a leader" },
  ],
} as const;
