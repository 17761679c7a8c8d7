import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeIntroduction, type Hello } from "../src/greeting.ts";
import { MemoryWorld } from "./memory-world.ts";
import { addressOf, bytesOf, pair, TestMember } from "./members.ts";
import { hello, Stranger } from "./stranger.ts";

const unfit: readonly { what: string; hello: Partial<Hello>; code: string; says: RegExp }[] = [
  {
    what: "a version that is not spoken",
    hello: { minVersion: 2, maxVersion: 3 },
    code: "version",
    says: /member 1 speaks versions 1 to 1, member 2 2 to 3/,
  },
  {
    what: "another cluster",
    hello: { clusterId: 78 },
    code: "cluster",
    says: /member 1 is of cluster 4d, member 2 of 4e/,
  },
  { what: "another receiver", hello: { to: 3 }, code: "identity", says: /looks for member 3, and here is member 1/ },
  { what: "an unknown sender", hello: { from: 9 }, code: "identity", says: /member 9 is not a peer of member 1/ },
  { what: "this member's own id", hello: { from: 1 }, code: "identity", says: /both sides say that they are member 1/ },
  {
    what: "an earlier start",
    hello: { incarnation: 1, connection: 50 },
    code: "stale",
    says: /start 1 .* start 4 was seen/,
  },
];

for (const { what, hello: changed, code, says } of unfit) {
  test(`${what} is refused; the other side is told why, and this side's log says the same`, () => {
    const world = new MemoryWorld();
    const one = new TestMember(world, 1);
    const two = new TestMember(world, 2, { incarnation: 4 });
    one.know(2);
    two.know(1);
    world.runUntil(() => one.isUp(2));
    const stranger = new Stranger(world, addressOf(1), encodeIntroduction({ ...hello, ...changed }));
    world.runUntil(() => stranger.closed);
    assert.ok(stranger.answer?.kind === "refusal");
    assert.equal(stranger.answer.code, code);
    assert.match(stranger.answer.reason, says);
    assert.match(one.refusals.join(), says);
    const line = one.logs.find(({ message }) => message === "refused a peer connection");
    assert.match(String(line?.fields["reason"]), says);
    assert.equal(one.isUp(2), true);
  });
}

test("a later version that still speaks ours is welcomed", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1);
  one.know(2);
  const stranger = new Stranger(world, addressOf(1), encodeIntroduction({ ...hello, maxVersion: 9 }));
  world.run(10);
  assert.ok(stranger.answer?.kind === "welcome");
  assert.deepEqual([stranger.answer.minVersion, stranger.answer.maxVersion], [1, 1]);
});

test("members of two clusters that point at each other never talk, and both logs say why", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1);
  const two = new TestMember(world, 2, { clusterId: 78 });
  one.know(2);
  two.know(1);
  world.run(20_000);
  assert.deepEqual([one.reports, two.reports], [[], []]);
  for (const member of [one, two]) {
    const messages = new Set(member.logs.map(({ message }) => message));
    assert.ok(messages.has("refused a peer connection") && messages.has("a peer refused this member"));
    assert.match(member.refusals.join(), /is of cluster 4d, member 2 of 4e|is of cluster 4e, member 1 of 4d/);
  }
  assert.ok(one.logs.length < 70, `${one.logs.length} lines in 20 s are a flood`);
});

test("an address at which another member answers is refused with both names", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1);
  const three = new TestMember(world, 3);
  one.transport.setPeers([{ id: 2, address: addressOf(3) }]);
  three.know(1);
  world.run(2000);
  assert.equal(one.up.size, 0);
  assert.match(one.refusals.join(), /member 1 looks for member 2, and here is member 3/);
  assert.match(three.refusals.join(), /member 1 looks for member 2, and here is member 3/);
});

test("a peer that is refused because it is not known yet gets in soon after it is", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1);
  const two = new TestMember(world, 2);
  two.know(1);
  world.run(5000);
  assert.equal(two.up.size, 0);
  one.know(2);
  world.runUntil(() => one.isUp(2) && two.isUp(1), 50);
});

test("garbage closes only its own connection and is logged at a bounded rate", () => {
  const world = new MemoryWorld();
  const [one, two] = pair(world, { limits: { maxPendingHandshakes: 300 } });
  const before = one.logs.length;
  const strangers = ["GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01", "\0\0\0\0", "hello\n"].flatMap((text) =>
    Array.from({ length: 50 }, () => new Stranger(world, addressOf(1), bytesOf(text))),
  );
  world.run(100);
  assert.ok(strangers.every(({ closed }) => closed));
  assert.equal(one.logs.length - before, 10);
  assert.match(String(one.logs.at(-1)?.fields["reason"]), /HTTP/);
  assert.equal(two.send(1, "control", "still here"), true);
  world.run(10_000);
  assert.deepEqual(one.texts(), ["still here"]);
  const late = new Stranger(world, addressOf(1), bytesOf("more"));
  world.runUntil(() => late.closed, 100);
  assert.equal(one.logs.at(-1)?.fields["suppressed"], 190);
});

test("a connection that says nothing, or half a hello, is closed in time", () => {
  const world = new MemoryWorld();
  const [one] = pair(world);
  const silent = new Stranger(world, addressOf(1), new Uint8Array(0));
  const half = new Stranger(world, addressOf(1), encodeIntroduction(hello).subarray(0, 40));
  world.run(1900);
  assert.deepEqual([silent.closed, half.closed], [false, false]);
  world.run(200);
  assert.deepEqual([silent.closed, half.closed], [true, true]);
  assert.equal(one.logs.filter(({ message }) => message === "a handshake failed").length, 2);
});

test("a flood of silent connections is bounded, and a member still gets in", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1, { limits: { maxPendingHandshakes: 8 } });
  one.know(2);
  const flood = Array.from({ length: 500 }, () => new Stranger(world, addressOf(1), new Uint8Array(0)));
  world.run(20);
  assert.equal(flood.filter(({ closed }) => !closed).length, 8);
  world.silentPorts.add(2002);
  const two = new TestMember(world, 2);
  two.know(1);
  world.runUntil(() => one.isUp(2) && two.isUp(1), 50);
});

test("strangers that are refused and do not close their side are bounded and closed too", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1, { limits: { maxPendingHandshakes: 8 } });
  const says = encodeIntroduction({ ...hello, from: 9 });
  const strangers = Array.from({ length: 50 }, () => new Stranger(world, addressOf(1), says));
  world.runUntil(() => strangers.some(({ stream }) => (stream.other?.written.length ?? 0) > 0));
  // Their network is so bad that not even the refusal gets through.
  for (const { stream } of strangers) if (stream.other !== undefined) stream.other.stuck = true;
  world.run(5);
  assert.ok(world.streams.filter((stream) => !stream.isDialer && !stream.closed).length <= 8);
  world.run(1500);
  assert.equal(world.streams.filter((stream) => !stream.isDialer && !stream.closed).length, 0);
  assert.deepEqual(one.reports, []);
});

test("whoever answers a dial with garbage, or not at all, costs one bounded attempt after the other", () => {
  for (const answer of [bytesOf("220 mail.example.org ESMTP\r\n"), undefined]) {
    const world = new MemoryWorld();
    const one = new TestMember(world, 1);
    let dials = 0;
    world.host().links.listen(
      addressOf(2),
      (stream) => {
        dials++;
        if (answer !== undefined) stream.write([answer]);
        return { data: () => {}, close: () => {} };
      },
      () => {},
    );
    world.run(1);
    one.know(2);
    world.run(30_000);
    assert.ok(dials > 10 && dials < 130, `${dials} dials in 30 s on two lanes`);
    assert.ok(world.openStreams <= 4);
    assert.match(
      one.logs.map(({ fields }) => String(fields["reason"])).join(),
      answer === undefined ? /no connection and handshake within 2000 ms/ : /began with "220 mail/,
    );
  }
});
