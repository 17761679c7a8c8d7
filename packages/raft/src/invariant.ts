import { InvariantViolation } from "./errors.ts";

/** Checks what must hold; on in production. @throws InvariantViolation */
export function invariant(
  condition: boolean,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): asserts condition {
  if (!condition) throw new InvariantViolation(message, details);
}
