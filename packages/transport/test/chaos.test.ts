import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryWorld } from "./memory-world.ts";
import { openStreams, TestMember } from "./members.ts";

/** One thing that can happen to a pair; numbers choose a stream or a duration. */
type Mishap =
  | { readonly what: "reset" | "stick" | "release"; readonly which: number }
  | { readonly what: "wait" | "latency"; readonly ms: number }
  | { readonly what: "silence" | "restart"; readonly member: 1 | 2 };

const mishap: fc.Arbitrary<Mishap> = fc.oneof(
  fc.record({ what: fc.constantFrom("reset" as const, "stick" as const, "release" as const), which: fc.nat(20) }),
  fc.record({ what: fc.constant("wait" as const), ms: fc.oneof(fc.nat(5), fc.nat(3000)) }),
  fc.record({ what: fc.constant("latency" as const), ms: fc.constantFrom(0, 1, 2, 17, 200) }),
  fc.record({ what: fc.constantFrom("silence" as const, "restart" as const), member: fc.constantFrom(1, 2) }),
);

/** A pair whose members can be restarted. */
class Pair {
  readonly world = new MemoryWorld();
  readonly members: Record<1 | 2, TestMember>;
  readonly #incarnations = { 1: 1, 2: 1 };

  constructor() {
    this.members = { 1: new TestMember(this.world, 1), 2: new TestMember(this.world, 2) };
    this.#introduce();
  }

  suffer(one: Mishap): void {
    const open = this.world.streams.filter((stream) => !stream.closed);
    const chosen = "which" in one ? open[one.which % Math.max(1, open.length)] : undefined;
    if (one.what === "wait") this.world.run(one.ms);
    else if (one.what === "latency") this.world.latencyMs = one.ms;
    else if (one.what === "silence") this.world.silentPorts.add(2000 + one.member);
    else if (one.what === "restart") this.#restart(one.member);
    else if (one.what === "reset") chosen?.reset();
    else if (one.what === "release") chosen?.release();
    else if (chosen !== undefined) chosen.stuck = true;
  }

  heal(): void {
    this.world.silentPorts.clear();
    this.world.latencyMs = 1;
    for (const stream of this.world.streams) stream.release();
  }

  #restart(member: 1 | 2): void {
    this.members[member].transport.close(() => {});
    this.#incarnations[member]++;
    this.members[member] = new TestMember(this.world, member, { incarnation: this.#incarnations[member] });
    this.#introduce();
  }

  #introduce(): void {
    this.members[1].know(2);
    this.members[2].know(1);
  }
}

test("after any mishaps both sides settle on the same one connection per lane, and it works both ways", () => {
  fc.assert(
    fc.property(fc.array(mishap, { maxLength: 25 }), (mishaps) => {
      const { world, members, ...pair } = withMishaps(mishaps);
      pair.heal();
      // The longest way back: a stuck attempt that must time out, then the longest wait.
      world.run(6000);
      const { 1: one, 2: two } = members;
      assert.ok(one.isUp(2) && two.isUp(1), "both lanes are up on both sides");
      for (const lane of ["control", "bulk"] as const) {
        const ends = openStreams(world, lane);
        assert.equal(ends.length, 2, `${ends.length} ends of ${lane} connections are open`);
        assert.equal(ends[0]?.other, ends[1]);
      }
      const before = [one.received.length, two.received.length];
      assert.ok(one.send(2, "bulk", "to 2") && two.send(1, "control", "to 1"));
      world.run(10);
      assert.deepEqual([one.received.length, two.received.length], [(before[0] ?? 0) + 1, (before[1] ?? 0) + 1]);
      const steady = world.streams.length;
      world.run(10_000);
      assert.equal(world.streams.length, steady, "nothing is dialed once all is well");
    }),
    { numRuns: 200 },
  );
});

function withMishaps(mishaps: readonly Mishap[]): Pick<Pair, "world" | "members"> & { heal: () => void } {
  const pair = new Pair();
  for (const one of mishaps) pair.suffer(one);
  return { world: pair.world, members: pair.members, heal: () => pair.heal() };
}
