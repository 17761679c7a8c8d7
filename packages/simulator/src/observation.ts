import type { Entry, HardState, LogIndex, LogPosition, MemberId, Message, RaftStatus, Term } from "@quorate/raft";
import type { LogView } from "./log-view.ts";

/** A safety property fell: what the checker saw. */
export class SafetyViolation extends Error {
  override readonly name = "SafetyViolation";
  /** The checker that found it. */
  readonly checker: string;

  constructor(checker: string, message: string, options?: ErrorOptions) {
    super(`${checker}: ${message}`, options);
    this.checker = checker;
  }
}

/** What a checker finds while `run` runs; anything else that it throws is thrown on. */
export function violationIn(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof SafetyViolation) return error.message;
    throw error;
  }
}

/** What a member's disk holds. */
export interface DurableLog {
  readonly view: LogView;
  readonly hardState: HardState;
  readonly last: LogPosition;
  /** What it held when damage took some of it; none once all of that has come back. */
  readonly lost?: readonly LogView[];
}

/** One incarnation of a member, as checkers see it from above: things that no member knows of another. */
export interface Observed {
  readonly id: MemberId;
  readonly incarnation: number;
  /** Its log, what is not durable yet included. */
  readonly log: LogView;
  /** What its disk holds. */
  readonly durable: DurableLog;
}

/** What a checker compares before and after an input. */
export type ObservedStatus = Pick<
  RaftStatus,
  | "role"
  | "term"
  | "vote"
  | "leader"
  | "commitIndex"
  | "last"
  | "base"
  | "configuration"
  | "configurationIndex"
  | "durableIndex"
  | "followers"
  | "quarantined"
  | "uncommittedBytes"
  | "unappliedBytes"
  | "cachedBytes"
  | "pendingReads"
  | "transferringTo"
>;

/**
 * Looks at everything that happens and throws a `SafetyViolation` when what it watches over is broken. Each hook is
 * called at the event itself, and costs no more than what changed. A hook that a driver cannot serve is never called.
 */
export interface Checker {
  readonly name: string;
  /** An incarnation began, with what its disk held. */
  started?(member: Observed, status: ObservedStatus): void;
  /** Its log was cut at `from`; `leading` when it led the same term before and after. */
  truncated?(member: Observed, from: LogIndex, leading: boolean): void;
  /** An entry was appended behind an entry of `previousTerm`. */
  appended?(member: Observed, entry: Entry, previousTerm: Term): void;
  sent?(member: Observed, to: MemberId, message: Message): void;
  /** The first message of this start of a peer was taken in. */
  heard?(member: Observed, peer: MemberId, incarnation: number): void;
  /** After each input. `truncated`, `appended` and `sent` of the same input came before. */
  changed?(member: Observed, before: ObservedStatus, after: ObservedStatus): void;
  applied?(member: Observed, entry: Entry): void;
  /** The core gave the entry out to be applied; `applied` may be later, and never comes where a state is installed instead. */
  handedOut?(member: Observed, entry: Entry): void;
  /** Its state is now one that another member sent, which holds everything up to `position`. */
  installed?(member: Observed, position: LogPosition): void;
  readAsked?(member: Observed, id: number): void;
  readReady?(member: Observed, id: number, index: LogIndex): void;
  /** The member says no, at once or after it was asked: this read is never answered. */
  readRefused?(member: Observed, id: number): void;
  /** A member's state is now what this many commands made, and has this hash. */
  stateReached?(id: MemberId, commands: number, hash: number): void;
}
