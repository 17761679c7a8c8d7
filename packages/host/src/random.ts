/** Randomness for jitter and identities. In a simulated world it is seeded; on Node.js it is the system's. */
export interface Random {
  /** A number in [0, 1) with at least 32 random bits. */
  next(): number;
}
