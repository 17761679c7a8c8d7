import type { RegisterOperation } from "./register-history.ts";

/**
 * The operations that must have happened, each with one that met what it left, which shows that it did; undefined for those
 * that need no such proof. What need not have happened is not among them: whatever came after could do without it.
 */
export function whatHappened(
  all: readonly RegisterOperation[],
  states: number,
): ReadonlyMap<RegisterOperation, RegisterOperation | undefined> {
  const writer: (RegisterOperation | undefined)[] = Array.from({ length: states });
  for (const operation of all) if (operation.leaves >= 0) writer[operation.leaves] = operation;
  const happened = new Map<RegisterOperation, RegisterOperation | undefined>();
  for (const operation of all) if (!operation.optional) happened.set(operation, undefined);
  // A map goes on through what is added on the way.
  for (const [operation] of happened) {
    const met = operation.meets < 0 ? undefined : writer[operation.meets];
    if (met !== undefined && !happened.has(met)) happened.set(met, operation);
  }
  return happened;
}

/** These operations, and what shows that each of them happened. */
export function withProof(
  operations: readonly RegisterOperation[],
  happened: ReadonlyMap<RegisterOperation, RegisterOperation | undefined>,
): RegisterOperation[] {
  const proven = new Set(operations);
  for (const operation of proven) {
    const proof = happened.get(operation);
    if (proof !== undefined) proven.add(proof);
  }
  return [...proven];
}
