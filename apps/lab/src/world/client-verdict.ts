import {
  checkLinearizable,
  registerModel,
  type Operation,
  type RegisterInput,
  type RegisterOutput,
} from "@quorate/simulator";
import type { ClientOperation } from "./tape.ts";

/** More than these are not held against each other: the page has to stay quick. */
export const mostChecked = 5000;

export interface ClientVerdict {
  /** Operations that say something: writes, and reads that were answered. */
  readonly checked: number;
  /** There were more than `mostChecked`, and nothing is said. */
  readonly isTooMuch: boolean;
  /** From when on there is no order that explains all answers; undefined where there is one to the end. */
  readonly fall: ClientFall | undefined;
}

export interface ClientFall {
  /** The event that brought the answer that fits nowhere. */
  readonly event: number;
  readonly operation: ClientOperation;
  /** For a stale read: the newest write that was answered before the read was asked, and is missing in it. */
  readonly against: ClientOperation | undefined;
}

/** Whether all that clients were answered fits one register: the simulator's own checker decides. */
export function verdictOf(operations: readonly ClientOperation[]): ClientVerdict {
  const known = operations.filter(({ kind, outcome }) => kind === "write" || outcome === "answered");
  const checked = known.length;
  if (checked > mostChecked) return { checked, isTooMuch: true, fall: undefined };
  const { partitions } = checkLinearizable(registerModel(0), known.map(operationOf));
  const blocked = known[partitions[0]?.counterexample?.blocked ?? -1];
  if (blocked === undefined) return { checked, isTooMuch: false, fall: undefined };
  const fall = { event: blocked.endedIn ?? 0, operation: blocked, against: missedBy(blocked, known) };
  return { checked, isTooMuch: false, fall };
}

/**
 * A write that got no answer may have happened, or may happen later; so may one that its leader had to drop. Times are
 * places in the order of all events: many things happen in one µs, and yet one after the other.
 */
function operationOf({
  kind,
  member,
  askedIn,
  endedIn,
  outcome,
  value = 0,
}: ClientOperation): Operation<RegisterInput, RegisterOutput> {
  const about = { process: member, call: askedIn, return: outcome === "answered" ? endedIn : undefined };
  return kind === "write"
    ? { ...about, input: { kind: "write", value }, output: undefined }
    : { ...about, input: { kind: "read" }, output: { value } };
}

function missedBy(read: ClientOperation, known: readonly ClientOperation[]): ClientOperation | undefined {
  if (read.kind !== "read") return undefined;
  const found = known.find(({ kind, value }) => kind === "write" && value === (read.value ?? 0));
  return known
    .filter(
      ({ kind, outcome, endedIn, index }) =>
        kind === "write" &&
        outcome === "answered" &&
        (endedIn ?? Infinity) < read.askedIn &&
        (index ?? 0) > (found?.index ?? 0),
    )
    .toSorted((one, other) => (one.index ?? 0) - (other.index ?? 0))
    .at(-1);
}
