import { majority } from "./quorum.ts";
import type { Election } from "./election-time.ts";

/** Draws evenly from [0, 1). */
export type Random = () => number;

export interface SimulatedElection extends Election {
  /** One way from member to member, drawn for each message; `oneWayMs` when it is left out. */
  readonly drawOneWayMs?: (random: Random, from: number, to: number) => number;
}

export interface SimulatedOutcome {
  /** From the old leader's end to the new leader. */
  readonly ms: number;
  /** Candidates of the first term in which anybody stood. */
  readonly rivals: number;
  /** The first term in which somebody stood gave no leader. */
  readonly firstWasSplit: boolean;
}

interface Voter {
  term: number;
  votedFor: number;
  role: "follower" | "pre-candidate" | "candidate";
  /** Of the timer in force: older ones mean nothing. */
  timer: number;
  granted: Set<number>;
  refused: Set<number>;
}

type Event =
  | { readonly kind: "timer"; readonly member: number; readonly timer: number }
  | { readonly kind: "message"; readonly message: Message };

interface Message {
  readonly type: "pre-vote" | "pre-vote-answer" | "vote" | "vote-answer";
  readonly from: number;
  readonly to: number;
  readonly term: number;
  readonly granted: boolean;
  /** Of the one who sends it. */
  readonly ownTerm: number;
}

/**
 * One election after the loss of a leader, message by message, by the rules of Quorate's core (Raft §5.2; Pre-Vote by Ongaro
 * 2014, §9.6): what the formulas are compared with, and what answers where delays differ, for which there is no
 * closed form. Logs are equal. `random` decides everything: the same draws give the same election.
 */
export function simulateElection(election: SimulatedElection, random: Random): SimulatedOutcome {
  return new Simulation(election, random).run();
}

class Simulation {
  readonly #election: SimulatedElection;
  readonly #random: Random;
  readonly #voters: readonly Voter[];
  /** When it was last heard, which is the same for all where the way is. */
  readonly #heardAt: readonly number[];
  readonly #events: { readonly at: number; readonly event: Event }[] = [];
  readonly #standing = new Map<number, Set<number>>();

  constructor(election: SimulatedElection, random: Random) {
    this.#election = election;
    this.#random = random;
    this.#voters = Array.from({ length: election.live }, () => ({
      term: 1,
      votedFor: -1,
      role: "follower",
      timer: 0,
      granted: new Set(),
      refused: new Set(),
    }));
    const lastHeartbeat = -random() * election.heartbeatMs;
    this.#heardAt = this.#voters.map((_, member) => lastHeartbeat + this.#oneWay(election.live, member));
    for (const [member, heardAt] of this.#heardAt.entries()) this.#restart(member, heardAt);
  }

  run(): SimulatedOutcome {
    for (;;) {
      const { at, event } = this.#next();
      const winner = event.kind === "timer" ? this.#fire(at, event) : this.#receive(at, event.message);
      if (winner === undefined) continue;
      const first = Math.min(...this.#standing.keys());
      return {
        ms: at,
        rivals: this.#standing.get(first)?.size ?? 0,
        firstWasSplit: (this.#voters[winner] as Voter).term !== first,
      };
    }
  }

  #fire(at: number, { member, timer }: Extract<Event, { kind: "timer" }>): number | undefined {
    const voter = this.#voters[member] as Voter;
    if (timer !== voter.timer) return undefined;
    if (!this.#election.preVote) return this.#stand(at, member);
    voter.role = "pre-candidate";
    voter.granted = new Set([member]);
    voter.refused = new Set();
    const { windowMs, oneWayMs } = this.#election;
    this.#schedule(member, at + Math.max(0.1 * windowMs, 4 * oneWayMs) + this.#random() * 0.4 * windowMs);
    this.#ask(at, "pre-vote", member, voter.term + 1);
    return this.#hasMajority(voter.granted) ? this.#stand(at, member) : undefined;
  }

  #stand(at: number, member: number): number | undefined {
    const voter = this.#voters[member] as Voter;
    voter.term += 1;
    voter.votedFor = member;
    voter.role = "candidate";
    voter.granted = new Set([member]);
    voter.refused = new Set();
    this.#standing.set(voter.term, (this.#standing.get(voter.term) ?? new Set<number>()).add(member));
    this.#restart(member, at);
    // The request leaves once our own vote is on the disk.
    this.#ask(at + this.#election.syncMs, "vote", member, voter.term);
    return this.#hasMajority(voter.granted) ? member : undefined;
  }

  #receive(at: number, message: Message): number | undefined {
    const { type, from, to, term, granted } = message;
    const voter = this.#voters[to] as Voter;
    if (type === "pre-vote") {
      const silent = at - (this.#heardAt[to] as number) >= this.#election.timeoutMs;
      this.#send(at, {
        type: "pre-vote-answer",
        from: to,
        to: from,
        term,
        granted: silent && term > voter.term,
        ownTerm: voter.term,
      });
      return undefined;
    }
    if (type === "vote") {
      if (term > voter.term) this.#follow(at, to, term);
      const grants = term === voter.term && (voter.votedFor === -1 || voter.votedFor === from);
      if (grants) {
        voter.votedFor = from;
        this.#restart(to, at);
      }
      this.#send(at + this.#election.syncMs, {
        type: "vote-answer",
        from: to,
        to: from,
        term,
        granted: grants,
        ownTerm: voter.term,
      });
      return undefined;
    }
    const asked = type === "vote-answer" ? "candidate" : "pre-candidate";
    if (voter.role !== asked || term !== voter.term + (asked === "candidate" ? 0 : 1)) return undefined;
    if (message.ownTerm > voter.term) {
      // A refusal teaches the higher term; a pre-candidate goes on with the timer that it has.
      voter.term = message.ownTerm;
      voter.votedFor = -1;
      voter.role = "follower";
      if (asked === "candidate") this.#restart(to, at);
      return undefined;
    }
    (granted ? voter.granted : voter.refused).add(from);
    if (this.#hasMajority(voter.granted)) return asked === "candidate" ? to : this.#stand(at, to);
    if (asked === "candidate" && this.#hasMajority(voter.refused)) this.#follow(at, to, term);
    return undefined;
  }

  #follow(at: number, member: number, term: number): void {
    const voter = this.#voters[member] as Voter;
    if (term > voter.term) voter.votedFor = -1;
    voter.term = term;
    voter.role = "follower";
    this.#restart(member, at);
  }

  #hasMajority(members: ReadonlySet<number>): boolean {
    return members.size >= majority(this.#election.voters);
  }

  #ask(at: number, type: "pre-vote" | "vote", from: number, term: number): void {
    for (const to of this.#voters.keys())
      if (to !== from)
        this.#send(at, { type, from, to, term, granted: false, ownTerm: term - (type === "vote" ? 0 : 1) });
  }

  #send(at: number, message: Message): void {
    this.#push(at + this.#oneWay(message.from, message.to), { kind: "message", message });
  }

  #oneWay(from: number, to: number): number {
    const { drawOneWayMs, oneWayMs } = this.#election;
    return drawOneWayMs === undefined ? oneWayMs : drawOneWayMs(this.#random, from, to);
  }

  #restart(member: number, at: number): void {
    this.#schedule(member, at + this.#election.timeoutMs + this.#random() * this.#election.windowMs);
  }

  #schedule(member: number, at: number): void {
    const voter = this.#voters[member] as Voter;
    voter.timer += 1;
    this.#push(at, { kind: "timer", member, timer: voter.timer });
  }

  #push(at: number, event: Event): void {
    this.#events.push({ at, event });
  }

  /** The earliest, and of those at the same time the one that was there first. There are few. */
  #next(): { readonly at: number; readonly event: Event } {
    let earliest = 0;
    for (const [index, { at }] of this.#events.entries()) {
      if (at < (this.#events[earliest] as { at: number }).at) earliest = index;
    }
    return this.#events.splice(earliest, 1)[0] as { at: number; event: Event };
  }
}
