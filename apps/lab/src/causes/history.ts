import { viewAt, type Decision, type MemberView, type Tape, type TapePacket } from "../world/tape.ts";
import { HappenedBefore, type Point } from "./happened-before.ts";

/** Somebody became the leader of a term. */
export interface Election extends Point {
  readonly term: number;
  readonly incarnation: number;
  /** The votes that were counted, but for its own. */
  readonly votes: readonly Vote[];
  /** Where it stood for this election. */
  readonly stood: Point;
}

/** A vote that reached its candidate: where it was decided. */
export interface Vote extends Point {
  readonly candidate: number;
  readonly term: number;
}

/** A leader held everything up to an entry to be committed. */
export interface Commit extends Point {
  readonly term: number;
  readonly index: number;
}

/** An entry came into a member's log: from a leader, or because it leads itself. */
export interface Arrival extends Point {
  /** The append that brought it; undefined where it wrote it itself. */
  readonly append: TapePacket | undefined;
}

/** What a tape tells of elections, commits and logs up to an event, looked up when it is asked for. */
export class History {
  readonly tape: Tape;
  readonly until: number;
  readonly order: HappenedBefore;
  #elections: readonly Election[] | undefined;

  constructor(tape: Tape, until: number) {
    this.tape = tape;
    this.until = until;
    this.order = new HappenedBefore(tape, until);
  }

  view({ member, event }: Point): MemberView {
    return viewAt(this.tape, member, event);
  }

  decisions({ member, event }: Point): readonly Decision[] {
    return (this.tape.events[event]?.decisions ?? []).filter((decision) => decision.member === member);
  }

  /** In the order of time. */
  get elections(): readonly Election[] {
    this.#elections ??= this.tape.members
      .flatMap((member) => this.#electionsOf(member))
      .toSorted((one, other) => one.event - other.event);
    return this.#elections;
  }

  /** The election that made this member the leader it is at this moment, or was last. */
  electionBefore(member: number, event: number): Election | undefined {
    return this.elections.findLast((one) => one.member === member && one.event <= event);
  }

  /** The first time that a leader held this entry to be committed. */
  commitOf(index: number): Commit | undefined {
    const found = this.tape.members.flatMap((member, place) => {
      const changes = this.tape.views[place] ?? [];
      for (const { event, view } of changes) {
        if (event > this.until) break;
        if (view.role === "leader" && view.commit >= index) return [{ member, event, term: view.term, index }];
      }
      return [];
    });
    return found.toSorted((one, other) => one.event - other.event)[0];
  }

  /** Acknowledgments that this leader had taken in by then of this entry, in its term: the last of each follower. */
  acknowledgments({ member, event, term, index }: Commit): readonly TapePacket[] {
    const last = new Map<number, TapePacket>();
    for (const packet of this.tape.packets) {
      if (packet.sentIn > event) break;
      const { to, type, about, takenIn } = packet;
      if (to !== member || type !== "append-accepted" || about?.term !== term) continue;
      if ((about.match ?? 0) >= index && takenIn.some((at) => at <= event) && !last.has(packet.from)) {
        last.set(packet.from, packet);
      }
    }
    return [...last.values()];
  }

  termAt(member: number, index: number, event: number): number | undefined {
    const { base, terms } = viewAt(this.tape, member, event);
    return terms[index - base - 1];
  }

  /** Since when the entry stands there that stands there at this moment. */
  arrivalOf(member: number, index: number, event: number): Arrival | undefined {
    const term = this.termAt(member, index, event);
    if (term === undefined) return undefined;
    const changes = this.tape.views[this.tape.members.indexOf(member)] ?? [];
    let since: number | undefined;
    for (let at = changes.length - 1; at >= 0; at--) {
      const change = changes[at];
      if (change === undefined || change.event > event) continue;
      const { base, terms } = change.view;
      if (terms[index - base - 1] !== term) break;
      since = change.event;
    }
    if (since === undefined || since < 0) return undefined;
    const point = { member, event: since };
    return { ...point, append: this.#appendAt(point, index) };
  }

  /** The append that brought an entry: taken in at this event, or, where inputs are gathered, a little before. */
  #appendAt({ member, event }: Point, index: number): TapePacket | undefined {
    const brings = ({ type, about }: TapePacket): boolean =>
      type === "append" && (about?.previous ?? 0) < index && (about?.last ?? 0) >= index;
    if (this.view({ member, event }).role === "leader") return undefined;
    const at = this.order.lastUpTo(member, event, (one) => this.order.takenAt({ member, event: one }).some(brings));
    return at === undefined ? undefined : this.order.takenAt({ member, event: at }).findLast(brings);
  }

  #electionsOf(member: number): Election[] {
    const changes = this.tape.views[this.tape.members.indexOf(member)] ?? [];
    const found: Election[] = [];
    let [wasLeading, led, stood] = [false, 0, -1];
    for (const { event, view } of changes) {
      if (event > this.until) break;
      const isLeading = view.role === "leader" && view.isUp;
      if (view.role === "candidate" && view.isUp && viewAt(this.tape, member, event - 1).term !== view.term)
        stood = event;
      if (isLeading && (!wasLeading || led !== view.term)) {
        const { term, incarnation } = view;
        const isFresh = stood >= 0 && viewAt(this.tape, member, stood).term === term;
        found.push({
          member,
          event,
          term,
          incarnation,
          stood: { member, event: isFresh ? stood : event },
          votes: this.#votesFor(member, term, event),
        });
      }
      wasLeading = isLeading;
      led = view.term;
    }
    return found;
  }

  #votesFor(candidate: number, term: number, event: number): Vote[] {
    const votes = new Map<number, Vote>();
    for (const { type, about, from, to, sentIn, takenIn } of this.tape.packets) {
      if (sentIn > event) break;
      if (type !== "vote-response" || to !== candidate || about?.term !== term || about.granted !== true) continue;
      if (!takenIn.some((at) => at <= event) || votes.has(from)) continue;
      votes.set(from, { member: from, event: this.#decidedAt(from, candidate, sentIn), candidate, term });
    }
    return [...votes.values()];
  }

  /** Where a vote was decided that was sent here: its promise had to reach the disk first. */
  #decidedAt(voter: number, candidate: number, sentIn: number): number {
    const grants = ({ rule, answer, asked }: Decision): boolean =>
      rule === "mayGrantVote" && answer === true && (asked[0] as { candidate?: number }).candidate === candidate;
    const at = this.order.lastUpTo(voter, sentIn, (event) => this.decisions({ member: voter, event }).some(grants));
    return at ?? sentIn;
  }
}
