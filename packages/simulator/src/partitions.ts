import type { MemberId } from "@quorate/raft";
import type { RandomStream } from "./random-streams.ts";

/** A directed link that does not carry anything. */
export type BlockedLink = readonly [from: MemberId, to: MemberId];

/** How networks fall apart (testing-anchors §1.3; Howard and Abraham 2020; OmniPaxos 2023). */
export const partitionShapes = [
  "one member alone",
  "the leader alone",
  "two halves",
  "one member hears nobody",
  "nobody hears one member",
  "one link",
  "one direction of one link",
  "a bridge",
  "a chain",
  "a ring of majorities",
  "any links",
] as const;
export type PartitionShape = (typeof partitionShapes)[number];

/** The links that a partition of this shape blocks. `leader` is 0 while there is none. */
export function blockedLinks(
  shape: PartitionShape,
  members: readonly MemberId[],
  leader: MemberId,
  random: RandomStream,
): BlockedLink[] {
  const order = random.shuffled(members);
  const first = order[0] as MemberId;
  const second = order[1] as MemberId;
  switch (shape) {
    case "one member alone":
      return between([first], order.slice(1));
    case "the leader alone":
      return leader === 0 ? [] : between([leader], without(members, leader));
    case "two halves": {
      const size = random.integer(1, order.length - 1);
      return between(order.slice(0, size), order.slice(size));
    }
    case "one member hears nobody":
      return without(order, first).map((other) => [other, first] as const);
    case "nobody hears one member":
      return without(order, first).map((other) => [first, other] as const);
    case "one link":
      return between([first], [second]);
    case "one direction of one link":
      return [[first, second]];
    case "a bridge": {
      // Two groups that only `first` sees both of.
      const rest = order.slice(1);
      const size = Math.ceil(rest.length / 2);
      return between(rest.slice(0, size), rest.slice(size));
    }
    case "a chain":
      return order.flatMap((one, at) => between([one], order.slice(at + 2)));
    case "a ring of majorities": {
      // Each sees a majority, and no two the same one (Jepsen). With three, each hears one other only.
      if (order.length === 3) return order.map((member, at) => [member, order[(at + 1) % 3] as MemberId] as const);
      const reach = Math.ceil((order.length - 1) / 4);
      return order.flatMap((from, at) =>
        order.flatMap((to, other): BlockedLink[] => {
          const apart = Math.abs(at - other);
          return Math.min(apart, order.length - apart) > reach ? [[from, to]] : [];
        }),
      );
    }
    case "any links":
      return order
        .flatMap((from) => without(order, from).map((to) => [from, to] as const))
        .filter(() => random.chance(0.4));
  }
}

function between(some: readonly MemberId[], others: readonly MemberId[]): BlockedLink[] {
  return some.flatMap((a) =>
    others.flatMap((b): BlockedLink[] => [
      [a, b],
      [b, a],
    ]),
  );
}

function without(members: readonly MemberId[], one: MemberId): MemberId[] {
  return members.filter((member) => member !== one);
}
