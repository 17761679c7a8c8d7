import { OutageMeter } from "./outages.ts";
import type { MemberView, Tape, TapeEvent, TapePacket } from "./tape.ts";

/** What came of a run by some moment, as numbers that two runs can be compared by. */
export interface RunNumbers {
  /** The newest term of any member. */
  readonly term: number;
  /** How often somebody became a leader. */
  readonly elections: number;
  /** The longest time, in ms, in which nothing new was committed anywhere. */
  readonly longestPauseMs: number;
  /** How long, in ms, clients asked and nothing was committed: stretches of more than a tenth of an election timeout. */
  readonly unavailableMs: number;
  /** The longest time, in ms, in which a voter or learner that ran heard no leader. */
  readonly longestSilenceMs: number;
  /** Entries committed, as far as any member knows. */
  readonly committed: number;
  readonly staleReads: number;
  readonly messages: number;
  readonly bytes: number;
  /** Appends that were refused because logs did not meet: round trips to find out where. */
  readonly rejections: number;
}

/** From one moment to another, both in µs. */
export function numbersOf(tape: Tape, fromMicros: number, untilMicros: number, electionTimeoutMs: number): RunNumbers {
  return new NumbersMeter(tape, fromMicros, electionTimeoutMs).until(untilMicros);
}

/** What is counted of one member. */
interface Counted {
  /** How far its views are counted. */
  place: number;
  view: MemberView | undefined;
  /** Since when it has heard no leader, in µs; undefined for one that need not: a leader, or one that does not run. */
  silentSince: number | undefined;
}

/** Counts along a tape from a moment on: going on costs what has happened since, and only going back begins anew. */
export class NumbersMeter {
  readonly #tape: Tape;
  readonly #from: number;
  readonly #electionTimeoutMs: number;
  #outages: OutageMeter;
  #until = 0;
  #event = 0;
  #term = 0;
  #elections = 0;
  #committed = 0;
  /** The longest time without a leader's word that is over, in µs. */
  #longestSilence = 0;
  #messages = 0;
  #bytes = 0;
  #rejections = 0;
  #members: readonly Counted[] = [];
  #packet = 0;

  /** Takes in what is added to the tape later, too. */
  constructor(tape: Tape, fromMicros: number, electionTimeoutMs: number) {
    this.#tape = tape;
    this.#from = fromMicros;
    this.#electionTimeoutMs = electionTimeoutMs;
    this.#outages = new OutageMeter(tape.requests, fromMicros, electionTimeoutMs);
    this.#begin();
  }

  until(micros: number): RunNumbers {
    if (micros < this.#until) this.#begin();
    this.#until = micros;
    this.#countEvents();
    this.#countPackets();
    const silences = this.#members.map(({ silentSince }) => micros - (silentSince ?? micros));
    return {
      term: this.#term,
      elections: this.#elections,
      ...this.#outages.until(micros),
      longestSilenceMs: Math.max(this.#longestSilence, ...silences) / 1000,
      committed: this.#committed,
      staleReads: this.#tape.requests.filter(
        ({ answeredAt, index, needed }) => (answeredAt ?? Infinity) <= micros && (index ?? 0) < needed,
      ).length,
      messages: this.#messages,
      bytes: this.#bytes,
      rejections: this.#rejections,
    };
  }

  #begin(): void {
    [this.#until, this.#event, this.#term, this.#elections, this.#committed] = [0, 0, 0, 0, 0];
    this.#longestSilence = 0;
    [this.#messages, this.#bytes, this.#rejections, this.#packet] = [0, 0, 0, 0];
    this.#outages = new OutageMeter(this.#tape.requests, this.#from, this.#electionTimeoutMs);
    this.#members = this.#tape.views.map(() => ({ place: 0, view: undefined, silentSince: undefined }));
    this.#look(-1, 0);
  }

  #countEvents(): void {
    const { events, packets, members } = this.#tape;
    for (; this.#event < events.length; this.#event++) {
      const { at, packet } = events[this.#event] as TapeEvent;
      if (at > this.#until) break;
      const taken = packets[packet ?? -1];
      if (taken !== undefined && (taken.type === "append" || taken.type === "heartbeat")) {
        this.#hear(this.#members[members.indexOf(taken.to)], at);
      }
      this.#look(this.#event, at);
    }
  }

  /** A leader's word, which ends a silence. */
  #hear(member: Counted | undefined, at: number): void {
    if (member?.silentSince === undefined) return;
    this.#longestSilence = Math.max(this.#longestSilence, at - member.silentSince);
    member.silentSince = Math.max(at, this.#from);
  }

  /** Takes in how members look after this event. */
  #look(event: number, at: number): void {
    const { views } = this.#tape;
    let committed = this.#committed;
    for (const [number, member] of this.#members.entries()) {
      const changes = views[number] ?? [];
      for (;;) {
        const change = changes[member.place];
        if (change === undefined || change.event > event) break;
        const { view } = change;
        this.#term = Math.max(this.#term, view.term);
        committed = Math.max(committed, view.commit);
        const wasLeading = member.view !== undefined && isLeading(member.view);
        if (isLeading(view) && !wasLeading && at >= this.#from) this.#elections++;
        if (!needsLeader(view)) {
          this.#hear(member, at);
          member.silentSince = undefined;
        } else member.silentSince ??= Math.max(at, this.#from);
        member.view = view;
        member.place++;
      }
    }
    if (committed > this.#committed) this.#outages.committed(at);
    this.#committed = committed;
  }

  #countPackets(): void {
    const { packets } = this.#tape;
    for (; this.#packet < packets.length; this.#packet++) {
      const { sentAt, bytes, type } = packets[this.#packet] as TapePacket;
      if (sentAt > this.#until) break;
      if (sentAt < this.#from) continue;
      this.#messages++;
      this.#bytes += bytes;
      if (type === "append-rejected") this.#rejections++;
    }
  }
}

function isLeading({ isUp, role }: MemberView): boolean {
  return isUp && role === "leader";
}

/** It runs, belongs to the cluster, and somebody else is to lead. */
function needsLeader(view: MemberView): boolean {
  const { isUp, isPaused, id, voters, outgoing, learners } = view;
  const belongs = voters.includes(id) || outgoing.includes(id) || learners.includes(id);
  return isUp && !isPaused && belongs && !isLeading(view);
}

/** Where two runs part: the time of the first event that is not the same in both, in µs; undefined where none is. */
export function firstDivergence(one: Tape, other: Tape): number | undefined {
  const shorter = Math.min(one.events.length, other.events.length);
  for (let place = 0; place < shorter; place++) {
    const [here, there] = [one.events[place] as TapeEvent, other.events[place] as TapeEvent];
    if (!isSame(here, there)) return here.at;
  }
  return one.events.length === other.events.length ? undefined : one.events[shorter - 1]?.at;
}

/** Whether the same happened, for the same reasons. */
function isSame(here: TapeEvent, there: TapeEvent): boolean {
  if (here.at !== there.at || here.member !== there.member || here.kind !== there.kind) return false;
  if (here.notes.join() !== there.notes.join() || here.decisions.length !== there.decisions.length) return false;
  return here.decisions.every(({ rule, answer }, at) => {
    const decision = there.decisions[at];
    return rule === decision?.rule && String(answer) === String(decision.answer);
  });
}
