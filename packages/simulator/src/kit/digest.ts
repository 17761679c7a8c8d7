import { isMemoryState } from "./service.ts";
import type { AnyService } from "./service.ts";

/** The state of a machine, to be compared; undefined where there is no way to look at it. */
export function digestOf({ digest }: AnyService, machine: unknown): Uint8Array | string | undefined {
  if (digest !== undefined) return digest(machine);
  return isMemoryState(machine) ? machine.snapshot() : undefined;
}
