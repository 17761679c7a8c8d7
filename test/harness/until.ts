import { setTimeout as delay } from "node:timers/promises";

/**
 * Asks again and again until `probe` gives something, and gives that. Fails when it takes longer than `withinMs`, and
 * says what it waited for, the last error it saw, and what `evidence` adds.
 */
export async function until<T>(
  what: string,
  withinMs: number,
  probe: () => Promise<T | undefined>,
  evidence: () => string = () => "",
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let lastError: unknown;
  while (performance.now() < deadline) {
    try {
      const result = await probe();
      if (result !== undefined) return result;
    } catch (error) {
      lastError = error;
    }
    await delay(50);
  }
  throw new Error(`Waited ${withinMs} ms in vain: ${what}.${evidence()}`, { cause: lastError });
}
