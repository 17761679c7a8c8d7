import type { RandomStream, RandomStreams } from "./random-streams.ts";

/** The state of one directed link. Times are in ms, probabilities per message from 0 to 1. */
export interface LinkSettings {
  readonly minDelayMs: number;
  /** Exponentially distributed, on top of the minimum: the tail is what reorders messages. */
  readonly meanDelayMs: number;
  readonly lossProbability: number;
  readonly duplicateProbability: number;
  /**
   * How the link loses messages. A `stream` (what TCP gives) loses everything from some message to the break of the
   * connection, reports it, and keeps order. `datagrams` vanish, repeat and overtake one by one, silently: more than a
   * transport may do, and all of it is something that Raft must bear (Raft §2.1, dissertation §3.3).
   */
  readonly style: "stream" | "datagrams";
}

export const perfectLink: LinkSettings = {
  minDelayMs: 0.1,
  meanDelayMs: 0.1,
  lossProbability: 0,
  duplicateProbability: 0,
  style: "stream",
};

export interface LinkState {
  settings: LinkSettings;
  /** Nothing gets through in this direction. */
  blocked: boolean;
  /** Nothing arrives before this time, in µs: what is sent meanwhile is late, not lost ("clogged"). */
  cloggedUntil: number;
  readonly random: RandomStream;
}

/** Larger than any member id in a simulation. */
const pairStride = 0x400_0000;

/** Every directed link between the members of one simulated network, and the faults upon them. */
export class NetworkConditions {
  readonly #streams: RandomStreams;
  readonly #links = new Map<number, LinkState>();
  #settings: LinkSettings;

  constructor(streams: RandomStreams, settings: LinkSettings = perfectLink) {
    this.#streams = streams;
    this.#settings = settings;
  }

  link(from: number, to: number): LinkState {
    const key = from * pairStride + to;
    let link = this.#links.get(key);
    if (link === undefined) {
      link = {
        settings: this.#settings,
        blocked: false,
        cloggedUntil: 0,
        random: this.#streams.stream(`link ${from}>${to}`),
      };
      this.#links.set(key, link);
    }
    return link;
  }

  /** Messages from `from` to `to` are dropped until `heal`; the other direction is untouched. */
  block(from: number, to: number): void {
    this.link(from, to).blocked = true;
  }

  /** What is sent from `from` to `to` arrives after this time, in µs, and not before. */
  clog(from: number, to: number, untilMicros: number): void {
    this.link(from, to).cloggedUntil = untilMicros;
  }

  /** Cuts a group off from everybody else, in both directions. */
  partition(members: readonly number[], group: readonly number[]): void {
    for (const from of members) {
      for (const to of members) {
        if (from !== to && group.includes(from) !== group.includes(to)) this.block(from, to);
      }
    }
  }

  /** No link is blocked or clogged. Loss and delays stay as they are. */
  heal(): void {
    for (const link of this.#links.values()) {
      link.blocked = false;
      link.cloggedUntil = 0;
    }
  }

  /** From now on every link behaves like this. */
  setAll(settings: LinkSettings): void {
    this.#settings = settings;
    for (const link of this.#links.values()) link.settings = settings;
  }
}
