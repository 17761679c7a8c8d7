import type { LogPosition, RoleName, Timing } from "@quorate/raft";

/**
 * What happened in a world, from its first event on: enough to draw any moment of it. Nothing here decides anything; it is
 * what the production core and its checkers were seen to do.
 */
export interface Tape {
  readonly members: readonly number[];
  readonly events: readonly TapeEvent[];
  /** Of each member, in the order of `members`: how it looked from some event on. */
  readonly views: readonly (readonly ViewChange[])[];
  /** In the order in which they were sent. */
  readonly packets: readonly TapePacket[];
  /** In the order of time; a link of which nothing is said is as all are at first. */
  readonly links: readonly LinkChange[];
  /** What links are like at first. */
  readonly usualLink: LinkState;
  readonly requests: readonly TapeRequest[];
  /** Writes that a leader took and reads, in the order of their calls. */
  readonly operations: readonly ClientOperation[];
  readonly violations: readonly TapeViolation[];
  /** When everything that is here had happened, in µs. */
  readonly endMicros: number;
  /** Of the whole history so far: the same run gives the same. */
  readonly hash: string;
}

export interface TapeEvent {
  /** Virtual time, in µs. */
  readonly at: number;
  /** Whom it happened to; 0 for none of the members. */
  readonly member: number;
  readonly kind: string;
  /** In words. */
  readonly notes: readonly string[];
  /** What the core asked its rules, and what they said. */
  readonly decisions: readonly Decision[];
  /** The message that was taken in, by its place in `packets`. */
  readonly packet: number | undefined;
  /** Somebody became a leader or stopped being one, crashed or started, or a fault or a violation came: worth a halt. */
  readonly isNotable: boolean;
}

export interface Decision {
  readonly member: number;
  readonly rule: string;
  readonly asked: readonly unknown[];
  readonly answer: unknown;
  /** Of a vote: the last entries that were compared for it, the candidate's and its own. */
  readonly compared?: readonly [candidate: LogPosition, ours: LogPosition];
  /** What the rule that ships says to the same, where that is something else: a broken rule was asked. */
  readonly instead?: unknown;
  readonly isBroken?: true;
}

export interface ViewChange {
  /** From this event on: its place in `events`. */
  readonly event: number;
  readonly view: MemberView;
}

export interface MemberView {
  readonly id: number;
  readonly isUp: boolean;
  readonly isPaused: boolean;
  readonly incarnation: number;
  readonly role: RoleName;
  readonly term: number;
  /** 0 for none. */
  readonly vote: number;
  readonly leader: number;
  /** Terms of the entries behind `base`. */
  readonly terms: readonly number[];
  /** Checksums of the same entries: two at one index are the same entry where both term and checksum are. */
  readonly checksums: readonly number[];
  readonly base: number;
  readonly commit: number;
  readonly applied: number;
  readonly durable: number;
  /** When its core wants to be woken, in µs of virtual time: an election timer, or the next heartbeat of a leader. */
  readonly dueAt: number | undefined;
  readonly armedAt: number;
  readonly isQuarantined: boolean;
  /** Of the configuration that it goes by. */
  readonly configurationIndex: number;
  /** Undefined where it has never run. */
  readonly timing: Timing | undefined;
  /** How many times as fast as others its clocks run. */
  readonly clockRate: number;
  readonly isDiskFull: boolean;
  /** Its disk was wiped: it has forgotten what it promised. */
  readonly isForgotten: boolean;
  readonly voters: readonly number[];
  readonly outgoing: readonly number[];
  readonly learners: readonly number[];
  readonly transferringTo: number;
  readonly followers: readonly {
    readonly id: number;
    readonly state: string;
    readonly match: number;
    readonly next: number;
  }[];
}

export interface TapePacket {
  readonly from: number;
  readonly to: number;
  /** As `Message.type` of the core; "state" for pieces of a state. */
  readonly type: string;
  /** In one line. */
  readonly text: string;
  /** Of a piece of a modelled state, what it stands for. */
  readonly bytes: number;
  readonly sentAt: number;
  /** The event that sent it. */
  readonly sentIn: number;
  /** Undefined for one that is lost on its way. */
  readonly arrivesAt: number | undefined;
  /** The events in which it was taken in: none, one, or more where it came again. */
  readonly takenIn: readonly number[];
  /** What it says, of a message between cores. */
  readonly about?: PacketFacts;
}

/** The numbers of a message, without its entries' contents. */
export interface PacketFacts {
  readonly term: number;
  /** Of an answer to a candidate. */
  readonly granted?: boolean;
  /** Of an append: the entry before its first, and its last. */
  readonly previous?: number;
  readonly last?: number;
  /** Of what a leader sends: how far it says that all is committed. */
  readonly commit?: number;
  /** Of an acknowledgment: up to where. */
  readonly match?: number;
}

/** Times in ms, probabilities from 0 to 1. */
export interface LinkState {
  readonly isBlocked: boolean;
  readonly delayMs: number;
  /** On average, on top of the delay. */
  readonly jitterMs: number;
  readonly loss: number;
  readonly duplicates: number;
}

/** A link from this event on. */
export interface LinkChange extends LinkState {
  readonly event: number;
  readonly from: number;
  readonly to: number;
  /** As it was at first. */
  readonly isUsual: boolean;
}

export interface TapeRequest {
  readonly kind: "write" | "read";
  readonly member: number;
  readonly id: number;
  readonly askedAt: number;
  readonly askedIn: number;
  /** Undefined while it has no answer. */
  readonly answeredAt: number | undefined;
  readonly answeredIn: number | undefined;
  /** The index that the answer is as of, and what it had to cover: less is a stale read. */
  readonly index: number | undefined;
  readonly needed: number;
}

/** A call of a client, as one of a register: see `ClientRecording`. */
export interface ClientOperation {
  readonly kind: "write" | "read";
  /** Whom the client asked. */
  readonly member: number;
  readonly askedAt: number;
  readonly askedIn: number;
  /** Undefined while it has no answer: for ever, where its member died. */
  readonly endedAt: number | undefined;
  readonly endedIn: number | undefined;
  /** `lost`: the member that took the write led no more and dropped it, and nobody told the client what became of it. */
  readonly outcome: "answered" | "refused" | "lost" | undefined;
  /** The entry of a write, or the one that the answer of a read is as of. */
  readonly index: number | undefined;
  readonly term: number | undefined;
  /** What was committed anywhere when a read was asked. */
  readonly needed: number;
  /** What is written, or was read: the number of a write, in the order in which they were taken; 0 before the first. */
  readonly value: number | undefined;
}

export interface TapeViolation {
  readonly event: number;
  readonly property: string;
  readonly message: string;
}

/** How a member looked after this event. */
export function viewAt(tape: Tape, member: number, event: number): MemberView {
  const changes = tape.views[tape.members.indexOf(member)] ?? [];
  let [low, high] = [0, changes.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((changes[middle] as ViewChange).event <= event) low = middle;
    else high = middle - 1;
  }
  return (changes[low] as ViewChange).view;
}

/** The last event that had happened at this time, in µs; -1 before the first. */
export function eventAt(tape: Tape, micros: number): number {
  const { events } = tape;
  let [low, high] = [-1, events.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((events[middle] as TapeEvent).at <= micros) low = middle;
    else high = middle - 1;
  }
  return low;
}
