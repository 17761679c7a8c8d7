import type { MemberId } from "@quorate/raft";
import type { RandomStream } from "./random-streams.ts";

/** A directed link. */
export function oneLink(members: readonly MemberId[], random: RandomStream): [from: MemberId, to: MemberId] {
  const [from, to] = random.shuffled(members);
  return [from as MemberId, to as MemberId];
}

/**
 * Types of messages of which a filter lets nothing through, by their numbers in `message-codec.ts` of raft: requests
 * without answers, answers without requests, elections without entries.
 */
const filters: readonly (readonly number[])[] = [[1, 2], [3], [4], [5], [6, 7], [7], [8], [9], [6, 7, 9], [10, 11]];

export function drawFilter(random: RandomStream): readonly number[] {
  return random.pick(filters);
}

export interface ClogPlan {
  readonly from: MemberId;
  readonly to: MemberId;
  readonly afterMs: number;
  readonly untilMs: number;
}

/**
 * Swizzle-clogging (FoundationDB): the connections of some members stop one member after the other, and go on one after the
 * other, in another order.
 */
export function swizzle(members: readonly MemberId[], lastsMs: number, random: RandomStream): ClogPlan[] {
  const some = random.shuffled(members).slice(0, random.integer(1, members.length));
  const ends = random.shuffled(some);
  return some.flatMap((member, at) => {
    const afterMs = (lastsMs * (at + random.next())) / (2 * some.length);
    const untilMs = lastsMs * (0.5 + (ends.indexOf(member) + random.next()) / (2 * some.length));
    const links = (other: MemberId): ClogPlan[] => [
      { from: member, to: other, afterMs, untilMs },
      { from: other, to: member, afterMs, untilMs },
    ];
    return members.flatMap((other) => (other === member ? [] : links(other)));
  });
}
