import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeIntroduction, GreetingReader, type Hello, type Introduction } from "../src/greeting.ts";
import { frameTypes, makeFrameHeader } from "../src/frame.ts";
import { MemoryWorld, type MemoryStream } from "./memory-world.ts";
import { addressOf, bytesOf, TestMember } from "./members.ts";
import { hello, Stranger } from "./stranger.ts";

function dial(world: MemoryWorld, changed: Partial<Hello>): Stranger {
  const stranger = new Stranger(world, addressOf(1), encodeIntroduction({ ...hello, ...changed }));
  world.run(5);
  return stranger;
}

/** A member that knows a peer 2 which it cannot reach itself. */
function lonely(world: MemoryWorld): TestMember {
  const one = new TestMember(world, 1);
  world.silentPorts.add(2002);
  one.know(2);
  return one;
}

test("a later attempt of the peer takes the place of its earlier one, and an earlier one that comes late is refused", () => {
  const world = new MemoryWorld();
  const one = lonely(world);
  const fifth = dial(world, { connection: 5 });
  assert.equal(fifth.answer?.kind, "welcome");
  const late = dial(world, { connection: 4 });
  assert.ok(late.answer?.kind === "refusal" && late.answer.code === "crossed");
  assert.deepEqual([fifth.closed, one.reports], [false, ["+2 control"]]);
  const sixth = dial(world, { connection: 6 });
  assert.equal(sixth.answer?.kind, "welcome");
  assert.equal(fifth.closed, true);
  assert.deepEqual(one.reports.slice(1), ["-2 control: the peer opened a new connection in its place", "+2 control"]);
  assert.deepEqual(one.refusals, [], "crossing is nobody's fault");
});

test("after a restart the peer's attempts are numbered anew", () => {
  const world = new MemoryWorld();
  const one = lonely(world);
  dial(world, { connection: 50 });
  const again = dial(world, { connection: 1, incarnation: 2 });
  assert.equal(again.answer?.kind, "welcome");
  assert.equal(one.up.get("2 control"), 2);
});

test("a hello that was sent before our attempt succeeded does not replace it; one that was sent after does", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1);
  const accepted: MemoryStream[] = [];
  let ours: Introduction | undefined;
  world.host().links.listen(
    addressOf(2),
    (stream) => {
      const reader = new GreetingReader();
      const data = (bytes: Uint8Array): void => {
        if (accepted.includes(stream as MemoryStream)) return;
        const read = reader.push(bytes);
        if (typeof read !== "object" || read.greeting.kind !== "hello" || read.greeting.lane !== "control") return;
        ours = read.greeting;
        accepted.push(stream as MemoryStream);
        stream.write([encodeIntroduction({ ...ours, kind: "welcome", from: 2, to: 1, seen: 0 })]);
      };
      return { data, close: () => {} };
    },
    () => {},
  );
  world.run(1);
  one.know(2);
  world.runUntil(() => one.up.has("2 control"));
  const number = (ours as Introduction).connection;
  const before = dial(world, { connection: 1, seen: number - 1 });
  assert.ok(before.answer?.kind === "refusal" && before.answer.code === "crossed");
  assert.deepEqual(one.reports, ["+2 control"]);
  const after = dial(world, { connection: 2, seen: number });
  assert.equal(after.answer?.kind, "welcome");
  assert.equal(accepted[0]?.closed, true);
});

test("frames that come in one piece with the greeting are not lost", () => {
  const world = new MemoryWorld();
  const one = lonely(world);
  const text = bytesOf("right behind");
  const header = makeFrameHeader(frameTypes.message, [text], 1);
  const stranger = new Stranger(
    world,
    addressOf(1),
    Uint8Array.from([...encodeIntroduction(hello), ...header, ...text]),
  );
  world.run(5);
  assert.equal(stranger.closed, false);
  assert.deepEqual(one.texts(), ["right behind"]);
});

test("when one lane gets through, the other does not wait for the end of its own pause", () => {
  const world = new MemoryWorld();
  let draw = 0;
  const one = new TestMember(world, 1, { host: world.host(() => (draw++ % 2) * 0.99) });
  world.silentPorts.add(2001);
  one.know(2);
  world.run(20_300);
  const two = new TestMember(world, 2);
  two.know(1);
  world.runUntil(() => one.up.size > 0);
  world.runUntil(() => one.isUp(2) && two.isUp(1), 10);
});
