import { createServer } from "node:net";

/** Asks the system whether anyone listens on a loopback port, by listening there for a moment. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/**
 * The first port that is free and not in `taken`, from `wanted` upwards; it is added to `taken`. Undefined when the next
 * hundred are all in use.
 */
export async function freePortFrom(
  wanted: number,
  taken: Set<number>,
  isFree: (port: number) => Promise<boolean> = isPortFree,
): Promise<number | undefined> {
  for (let port = wanted; port < wanted + 100 && port <= 65_535; port += 1) {
    if (!taken.has(port) && (await isFree(port))) {
      taken.add(port);
      return port;
    }
  }
  return undefined;
}
