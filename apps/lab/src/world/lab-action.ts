/** What the reader of the lab does to a world, as plain data: it travels in links. Members are named by id, from 1. */
export type LabAction =
  | { readonly do: "crash" | "start" | "pause" | "resume" | "suspend" | "prune"; readonly who: number }
  /**
   * Nothing gets through in this direction; messages do again; or the link is what it was at first. Of links `from` and `to`
   * may be 0, for every member.
   */
  | { readonly do: "block" | "unblock" | "mend"; readonly from: number; readonly to: number }
  /**
   * How the link in this direction behaves from now on: each message takes so long at least, and on average so much longer, in
   * ms; and probabilities from 0 to 1.
   */
  | {
      readonly do: "link";
      readonly from: number;
      readonly to: number;
      readonly delayMs: number;
      readonly jitterMs: number;
      readonly loss: number;
      readonly duplicates: number;
    }
  /** Members of one of these groups hear nothing of any other any more; who is in none is in one with all the others like it. */
  | { readonly do: "partition"; readonly groups: readonly (readonly number[])[] }
  /** Every link is what it was at first. */
  | { readonly do: "heal" }
  /** The monotonic clock jumps forward, in ms. */
  | { readonly do: "jump-clock"; readonly who: number; readonly ms: number }
  /** The clocks run so many times as fast as others from now on. */
  | { readonly do: "drift-clock"; readonly who: number; readonly rate: number }
  /** The disk stores nothing for so long, in ms. */
  | { readonly do: "stall-disk"; readonly who: number; readonly ms: number }
  /** The next write fails, and with it the process, which is started again a little later. */
  | { readonly do: "break-disk"; readonly who: number }
  /** The disk loses the end of the log, from this share of it on, from 0 to 1; the process is killed first. */
  | { readonly do: "damage-disk"; readonly who: number; readonly place: number }
  /** The process is killed, and its disk is empty; the disk is full, so that its next write fails; or there is room again. */
  | { readonly do: "wipe-disk" | "fill-disk" | "free-disk"; readonly who: number }
  | { readonly do: "write"; readonly to: number; readonly count: number }
  | { readonly do: "read" | "read-by-clock"; readonly from: number }
  | {
      readonly do: "members";
      readonly by: number;
      readonly voters: readonly number[];
      readonly learners: readonly number[];
      /** The learners that become voters by themselves once they have caught up. */
      readonly promotable: readonly number[];
    }
  /** Promises about time that all members go by: T in ms, and by how much two clocks may differ, in parts per million. */
  | {
      readonly do: "timing";
      readonly by: number;
      readonly electionTimeoutMs: number;
      readonly clockDriftPpm: number;
    }
  | { readonly do: "abandon"; readonly by: number }
  | { readonly do: "hand-over"; readonly from: number; readonly to: number };

/** At a moment of virtual time, in whole µs. */
export interface TimedAction {
  readonly at: number;
  readonly action: LabAction;
}

/** Whether of `earlier`, done at the same moment, nothing is left once `later` is done: dragging a slider is one action. */
export function supersedes(later: LabAction, earlier: LabAction): boolean {
  if (later.do === "link") return earlier.do === "link" && later.from === earlier.from && later.to === earlier.to;
  if (later.do === "drift-clock") return earlier.do === "drift-clock" && later.who === earlier.who;
  return later.do === "partition" && earlier.do === "partition";
}

/** A link or a file that says what nobody can do. */
export class LabActionError extends Error {
  override readonly name = "LabActionError";
}

/** The most that a link may ask for. */
export const maxActions = 500;
const longestMs = 3_600_000;
const maxWrites = 100;
export const maxMembers = 9;
/** How much slower and faster a clock may be made. */
export const clockRates = { least: 0.25, most: 4 } as const;
export const timingBounds = { leastMs: 10, mostMs: 10_000, mostDriftPpm: 500_000 } as const;

/** Checks what came from outside. @throws LabActionError */
export function readTimedAction(value: unknown): TimedAction {
  const { at, action } = asRecord(value);
  return { at: wholeNumber(at, 0, longestMs * 1000, "at"), action: readAction(action) };
}

function readAction(value: unknown): LabAction {
  const given = asRecord(value);
  const member = (name: string): number => wholeNumber(given[name], 1, maxMembers, name);
  const anybody = (name: string): number => wholeNumber(given[name], 0, maxMembers, name);
  const members = (name: string): readonly number[] => membersOf(given[name], name);
  const share = (name: string): number => numberWithin(given[name], 0, 1, name);
  const ms = (name: string): number => numberWithin(given[name], 0, longestMs, name);
  const what = given["do"];
  switch (what) {
    case "crash":
    case "start":
    case "pause":
    case "resume":
    case "suspend":
    case "prune":
    case "break-disk":
    case "wipe-disk":
    case "fill-disk":
    case "free-disk":
      return { do: what, who: member("who") };
    case "hand-over":
      return { do: what, from: member("from"), to: member("to") };
    case "block":
    case "unblock":
    case "mend":
      return { do: what, from: anybody("from"), to: anybody("to") };
    case "link":
      return {
        do: what,
        from: anybody("from"),
        to: anybody("to"),
        delayMs: ms("delayMs"),
        jitterMs: ms("jitterMs"),
        loss: share("loss"),
        duplicates: share("duplicates"),
      };
    case "partition":
      return { do: what, groups: groups(given["groups"]) };
    case "heal":
      return { do: what };
    case "jump-clock":
    case "stall-disk":
      return { do: what, who: member("who"), ms: ms("ms") };
    case "drift-clock":
      return {
        do: what,
        who: member("who"),
        rate: numberWithin(given["rate"], clockRates.least, clockRates.most, "rate"),
      };
    case "damage-disk":
      return { do: what, who: member("who"), place: share("place") };
    case "write":
      return { do: what, to: member("to"), count: wholeNumber(given["count"], 1, maxWrites, "count") };
    case "read":
    case "read-by-clock":
      return { do: what, from: member("from") };
    case "members":
      return {
        do: what,
        by: member("by"),
        voters: members("voters"),
        learners: members("learners"),
        promotable: members("promotable"),
      };
    case "timing":
      return {
        do: what,
        by: member("by"),
        electionTimeoutMs: wholeNumber(
          given["electionTimeoutMs"],
          timingBounds.leastMs,
          timingBounds.mostMs,
          "electionTimeoutMs",
        ),
        clockDriftPpm: wholeNumber(given["clockDriftPpm"], 0, timingBounds.mostDriftPpm, "clockDriftPpm"),
      };
    case "abandon":
      return { do: what, by: member("by") };
    default:
      throw new LabActionError(`"${String(what)}" is nothing that can be done here`);
  }
}

function membersOf(list: unknown, name: string): readonly number[] {
  if (!Array.isArray(list) || list.length > maxMembers) throw new LabActionError(`"${name}" is no list of members`);
  return list.map((one) => wholeNumber(one, 1, maxMembers, name));
}

function groups(list: unknown): readonly (readonly number[])[] {
  if (!Array.isArray(list) || list.length > maxMembers) throw new LabActionError('"groups" is no list of groups');
  const found = list.map((group) => membersOf(group, "groups"));
  const named = found.flat();
  if (new Set(named).size < named.length) throw new LabActionError("a member is in two groups at once");
  return found;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new LabActionError(`${String(value)} is no action`);
  return value as Readonly<Record<string, unknown>>;
}

function numberWithin(value: unknown, least: number, most: number, name: string): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw new LabActionError(`"${name}" is ${String(value)}, and no number from ${least} to ${most}`);
}

function wholeNumber(value: unknown, least: number, most: number, name: string): number {
  const number = numberWithin(value, least, most, name);
  if (Number.isInteger(number)) return number;
  throw new LabActionError(`"${name}" is ${number}, and no whole number`);
}
