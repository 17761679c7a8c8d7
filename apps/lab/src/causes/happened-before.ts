import type { Tape, TapePacket } from "../world/tape.ts";

/** An event as it happened to one member: what is done from outside may happen to several at once, and joins nothing. */
export interface Point {
  readonly event: number;
  readonly member: number;
}

/**
 * What happened before what, in the sense of Lamport (1978): on one member what came earlier, and between two whatever a
 * message carried. Vector clocks (Fidge and Mattern, 1988) over the events of a tape, up to one of them.
 */
export class HappenedBefore {
  readonly #tape: Tape;
  readonly #until: number;
  /** By place of the member: its events, rising. */
  readonly #lanes: readonly (readonly number[])[];
  /** By place of the member: for each of its events, how many events of each member it knows of, itself included. */
  readonly #clocks: readonly Int32Array[];
  /** By event: what was taken in there. */
  readonly #taken: ReadonlyMap<number, readonly TapePacket[]>;

  constructor(tape: Tape, until: number) {
    this.#tape = tape;
    this.#until = until;
    this.#taken = takenUntil(tape, until);
    this.#lanes = lanesOf(tape, until);
    this.#clocks = this.#count();
  }

  /** Whether the first could have been a cause of the second: it is on its way to it, and is not the same. */
  precedes(one: Point, other: Point): boolean {
    if (one.event >= other.event && one.member === other.member) return false;
    const from = this.#placeOf(one);
    const to = this.#placeOf(other);
    if (from === undefined || to === undefined) return false;
    const known = this.#clocks[to.lane]?.[to.at * this.#lanes.length + from.lane] ?? 0;
    return known > from.at;
  }

  /** What a member took in at this event, the last one last. */
  takenAt({ event, member }: Point): readonly TapePacket[] {
    return (this.#taken.get(event) ?? []).filter(({ to }) => to === member);
  }

  /** What a member did before this, or at it. */
  lastUpTo(member: number, event: number, holds: (event: number) => boolean): number | undefined {
    const lane = this.#lanes[this.#tape.members.indexOf(member)] ?? [];
    for (let at = lastUpTo(lane, Math.min(event, this.#until)); at >= 0; at--) {
      if (holds(lane[at] as number)) return lane[at];
    }
    return undefined;
  }

  /** The lane of a point, and the place of its event there: the last one of this member up to it. */
  #placeOf({ event, member }: Point): { readonly lane: number; readonly at: number } | undefined {
    const lane = this.#tape.members.indexOf(member);
    const at = lastUpTo(this.#lanes[lane] ?? [], event);
    return at < 0 ? undefined : { lane, at };
  }

  /** Event by event: what a member knows is what it knew, and what those knew whom it hears. */
  #count(): Int32Array[] {
    const { members } = this.#tape;
    const width = members.length;
    const clocks = this.#lanes.map((lane) => new Int32Array(lane.length * width));
    const reached = new Int32Array(width);
    for (let event = 0; event <= this.#until; event++) {
      for (let place = 0; place < width; place++) {
        const lane = this.#lanes[place] as readonly number[];
        const at = reached[place] as number;
        if (lane[at] !== event) continue;
        reached[place] = at + 1;
        const clock = clocks[place] as Int32Array;
        if (at > 0) clock.copyWithin(at * width, (at - 1) * width, at * width);
        clock[at * width + place] = at + 1;
        for (const { from, to, sentIn } of this.#taken.get(event) ?? []) {
          if (to === members[place]) this.#hear(clocks, { place, at }, { event: sentIn, member: from });
        }
      }
    }
    return clocks;
  }

  #hear(clocks: readonly Int32Array[], hearer: { readonly place: number; readonly at: number }, spoken: Point): void {
    const speaker = this.#placeOf(spoken);
    if (speaker === undefined) return;
    const width = this.#lanes.length;
    const [clock, sent] = [clocks[hearer.place] as Int32Array, clocks[speaker.lane] as Int32Array];
    for (let k = 0; k < width; k++) {
      const known = sent[speaker.at * width + k] as number;
      if (known > (clock[hearer.at * width + k] as number)) clock[hearer.at * width + k] = known;
    }
  }
}

function takenUntil({ packets }: Tape, until: number): Map<number, TapePacket[]> {
  const taken = new Map<number, TapePacket[]>();
  for (const packet of packets) {
    if (packet.sentIn > until) break;
    for (const event of packet.takenIn) {
      if (event > until) continue;
      const known = taken.get(event);
      if (known === undefined) taken.set(event, [packet]);
      else known.push(packet);
    }
  }
  return taken;
}

/** The events of each member: those of its own, those that changed it from outside, and those in which it spoke or heard. */
function lanesOf({ members, events, views, packets }: Tape, until: number): number[][] {
  const width = members.length;
  const places = new Map(members.map((id, place) => [id, place]));
  const touched = new Uint8Array((until + 1) * width);
  const touch = (member: number, event: number): void => {
    const place = places.get(member);
    if (place !== undefined && event >= 0 && event <= until) touched[event * width + place] = 1;
  };
  for (let event = 0; event <= until; event++) {
    const { member = 0, decisions = [] } = events[event] ?? {};
    touch(member, event);
    for (const decision of decisions) touch(decision.member, event);
  }
  for (const [place, changes] of views.entries()) {
    for (const { event } of changes) touch(members[place] ?? 0, event);
  }
  for (const { from, to, sentIn, takenIn } of packets) {
    if (sentIn > until) break;
    touch(from, sentIn);
    for (const event of takenIn) touch(to, event);
  }
  const lanes = members.map((): number[] => []);
  for (let at = 0; at < touched.length; at++) {
    if (touched[at] === 1) lanes[at % width]?.push(Math.floor(at / width));
  }
  return lanes;
}

/** The place of the last one that is no larger; -1 where all are. */
function lastUpTo(rising: readonly number[], most: number): number {
  let [low, high] = [-1, rising.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((rising[middle] as number) <= most) low = middle;
    else high = middle - 1;
  }
  return low;
}
