import type { RandomStream, RandomStreams } from "./random-streams.ts";

/** How the time on a link is distributed, beyond its minimum; all with the same mean. */
export const delayShapes = ["constant", "uniform", "exponential", "long tail"] as const;
export type DelayShape = (typeof delayShapes)[number];

/** The state of one directed link. Times are in ms, probabilities per message from 0 to 1. */
export interface LinkSettings {
  readonly minDelayMs: number;
  /** On top of the minimum. What varies reorders messages. */
  readonly meanDelayMs: number;
  readonly delayShape: DelayShape;
  readonly lossProbability: number;
  readonly duplicateProbability: number;
  /** How many messages fit on the link; one more, and one of them at random is dropped. 0 for no bound. */
  readonly capacity: number;
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
  delayShape: "exponential",
  lossProbability: 0,
  duplicateProbability: 0,
  capacity: 0,
  style: "stream",
};

export interface LinkState {
  readonly from: number;
  readonly to: number;
  settings: LinkSettings;
  /** Nothing gets through in this direction. */
  blocked: boolean;
  /** How many reasons there are for that: partitions overlap. */
  blocks: number;
  /** Nothing arrives before this time, in µs: what is sent meanwhile is late, not lost ("clogged"). */
  cloggedUntil: number;
  /** Messages of these types do not get through (the numbers of `message-codec.ts` in raft). */
  filtered: readonly number[];
  readonly random: RandomStream;
}

/** What a "long tail" is made of: one message in twenty takes about twenty times as long as the others. */
const tail = { probability: 0.05, stretch: 10.5, body: 0.5 } as const;

/** How long a message takes on this link, in ms. `stretch` multiplies what is not the minimum. */
export function drawDelayMs({ settings, random }: LinkState, stretch = 1): number {
  const { minDelayMs, delayShape } = settings;
  const mean = settings.meanDelayMs * stretch;
  switch (delayShape) {
    case "constant":
      return minDelayMs + mean;
    case "uniform":
      return minDelayMs + random.between(0, 2 * mean);
    case "exponential":
      return minDelayMs + random.exponential(mean);
    case "long tail":
      return minDelayMs + random.exponential(mean * (random.chance(tail.probability) ? tail.stretch : tail.body));
  }
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
        from,
        to,
        settings: this.#settings,
        blocked: false,
        blocks: 0,
        cloggedUntil: 0,
        filtered: [],
        random: this.#streams.stream(`link ${from}>${to}`),
      };
      this.#links.set(key, link);
    }
    return link;
  }

  /** Messages from `from` to `to` are dropped until `heal` or `unblock`; the other direction is untouched. */
  block(from: number, to: number): void {
    const link = this.link(from, to);
    link.blocks++;
    link.blocked = true;
  }

  /** Takes one `block` back. */
  unblock(from: number, to: number): void {
    const link = this.link(from, to);
    link.blocks = Math.max(0, link.blocks - 1);
    link.blocked = link.blocks > 0;
  }

  /** What is sent from `from` to `to` arrives after this time, in µs, and not before. */
  clog(from: number, to: number, untilMicros: number): void {
    this.link(from, to).cloggedUntil = untilMicros;
  }

  /** Messages of these types from `from` to `to` are dropped; none for no filter. */
  filter(from: number, to: number, types: readonly number[]): void {
    this.link(from, to).filtered = types;
  }

  /** What links are like unless they are changed. */
  get usual(): LinkSettings {
    return this.#settings;
  }

  /** From now on this link behaves like that, in what is named. */
  change(from: number, to: number, settings: Partial<LinkSettings>): void {
    const link = this.link(from, to);
    link.settings = { ...link.settings, ...settings };
  }

  /** Cuts a group off from everybody else, in both directions. */
  partition(members: readonly number[], group: readonly number[]): void {
    for (const from of members) {
      for (const to of members) {
        if (from !== to && group.includes(from) !== group.includes(to)) this.block(from, to);
      }
    }
  }

  /** No link is blocked, clogged or filtered. Loss and delays stay as they are. */
  heal(): void {
    for (const link of this.#links.values()) {
      link.blocked = false;
      link.blocks = 0;
      link.cloggedUntil = 0;
      link.filtered = [];
    }
  }

  /** From now on every link behaves like this. */
  setAll(settings: LinkSettings): void {
    this.#settings = settings;
    for (const link of this.#links.values()) link.settings = settings;
  }
}
