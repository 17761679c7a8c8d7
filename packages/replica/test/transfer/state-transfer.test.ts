import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TextTransfer } from "../support/text-transfer.ts";
import { TransferPair } from "../support/transfer-pair.ts";

const text = "the state of a cluster, as of some entry of its log, in chunks of four bytes. ".repeat(5);

function send(from: TextTransfer, to: TextTransfer, bytesPerSecond?: number): TransferPair {
  const pair = new TransferPair(from, to, bytesPerSecond);
  pair.sender.sender.want(2);
  return pair;
}

test("a state arrives whole, with its position and the configuration that is in force there", () => {
  const pair = send(new TextTransfer(text, 900), new TextTransfer("", 0));
  pair.time.pass(1000);
  assert.equal(pair.to.text, text);
  assert.deepEqual(pair.prepared, [{ index: 900, term: 1 }], "the intent was durable first");
  assert.equal(pair.installed[0]?.position.index, 900);
  assert.deepEqual(pair.installed[0]?.configuration.voters, [1, 2]);
  assert.deepEqual(pair.ended, [{ index: 900, term: 1 }]);
  assert.equal(pair.isHeld, false);
  assert.deepEqual(pair.sender.status.sent, { whole: 1, increments: 0, failed: 0, bytes: text.length });
  assert.deepEqual(pair.receiver.status.received, { whole: 1, increments: 0, failed: 0, bytes: text.length });
});

test("a member that holds a beginning of it gets what it lacks, and no more", () => {
  const pair = send(new TextTransfer(text, 900), new TextTransfer(text.slice(0, 60), 700));
  pair.time.pass(1000);
  assert.equal(pair.to.text, text);
  assert.equal(pair.sender.status.sent.bytes, text.length - 60);
  assert.equal(pair.sender.status.sent.increments, 1);
});

test("a member that has applied as much already takes nothing, and says how far it is", () => {
  const pair = send(new TextTransfer(text, 900), new TextTransfer("newer", 950));
  pair.time.pass(1000);
  assert.equal(pair.to.text, "newer");
  assert.deepEqual(pair.ended, [{ index: 900, term: 1 }]);
  assert.deepEqual(pair.installed, []);
});

for (const index of [900, 901]) {
  test(`a state up to 900 is not installed where the log has brought entries up to ${index} by the time that it could be`, () => {
    const pair = send(new TextTransfer(text, 900), new TextTransfer("", 0));
    pair.whileHolding = () => {
      pair.to.text = "newer";
      pair.to.position = { index, term: 1 };
    };
    pair.time.pass(1000);
    assert.equal(pair.to.text, "newer", "what was applied is not taken back");
    assert.deepEqual([pair.prepared, pair.installed], [[], [undefined]]);
    assert.equal(pair.isHeld, false);
    assert.deepEqual(pair.ended, [{ index: 900, term: 1 }], "the leader goes on behind it");
    assert.deepEqual([pair.to.openSinks, pair.from.openSources], [0, 0]);
    assert.equal(pair.receiver.status.received.failed, 0);
  });
}

test("where there is no link the session is over at once, and not after a long silence", () => {
  const pair = new TransferPair(new TextTransfer(text, 900), new TextTransfer("", 0));
  pair.isDown = true;
  pair.sender.sender.want(2);
  assert.deepEqual([pair.ended, pair.messages], [[undefined], ["question"]]);
  pair.isDown = false;
  pair.sender.sender.want(2);
  pair.time.pass(1000);
  assert.equal(pair.to.text, text);
});

test("never more than eight chunks are ahead of the receiver's answers", () => {
  const to = new TextTransfer("", 0);
  const pair = new TransferPair(new TextTransfer(text.repeat(10), 900), to);
  const stuck: (() => void)[] = [];
  pair.sender.sender.want(2);
  pair.time.pass(4);
  to.later = (run) => stuck.push(run);
  pair.time.pass(1000);
  assert.ok(
    pair.messages.filter((type) => type === "chunk").length <= 8 + pair.messages.filter((t) => t === "taken").length,
  );
  assert.ok(pair.from.chunksGiven <= 10);
  to.later = (run) => run();
  for (const run of stuck) run();
  pair.time.pass(2000);
  assert.equal(to.text, text.repeat(10));
});

test("a transfer keeps to its rate", () => {
  const state = "x".repeat(4000);
  const pair = send(new TextTransfer(state, 900, 100), new TextTransfer("", 0), 1000);
  pair.time.pass(2000);
  assert.equal(pair.to.text, "");
  assert.ok((pair.sender.status.sending?.sentBytes ?? 0) <= 2200);
  pair.time.pass(2500);
  assert.equal(pair.to.text, state);
});

test("what was verified before a connection broke is not sent again", () => {
  const pair = send(new TextTransfer(text, 900), new TextTransfer("", 0));
  pair.time.pass(9);
  const before = pair.sender.status.sending?.sentBytes ?? 0;
  assert.ok(before > 8 && before < text.length, `${before} bytes were sent`);
  pair.sender.disconnected(2);
  pair.receiver.disconnected(1);
  assert.deepEqual(pair.ended, [undefined]);
  assert.equal(pair.from.openSources, 0, "the view of the state is let go of");
  pair.sender.sender.want(2);
  pair.time.pass(1000);
  assert.equal(pair.to.text, text);
  assert.ok(pair.sender.status.sent.bytes < text.length + before, "not everything twice");
});

test("a receiver that starts anew goes on from what it has verified", () => {
  const pair = send(new TextTransfer(text, 900), new TextTransfer("", 0));
  pair.time.pass(9);
  pair.restartReceiver();
  pair.sender.sender.want(2);
  pair.time.pass(1000);
  assert.equal(pair.to.text, text);
  assert.equal(pair.to.openSinks, 0);
});

test("a silent receiver is given up, and a silent sender", () => {
  const pair = send(new TextTransfer(text, 900), new TextTransfer("", 0));
  pair.passes = (message) => message.type !== "chunk";
  pair.time.pass(20_000);
  assert.deepEqual(pair.ended, [undefined]);
  assert.equal(pair.receiver.status.received.failed, 1);
  assert.equal(pair.to.openSinks, 0);
  assert.equal(pair.from.openSources, 0);
  assert.equal(pair.time.armed, 0);
});

test("a transfer that is no longer needed ends at both ends at once", () => {
  const pair = send(new TextTransfer(text, 900), new TextTransfer("", 0));
  pair.time.pass(9);
  pair.sender.sender.unwanted(2);
  pair.time.pass(5);
  assert.equal(pair.to.openSinks, 0);
  assert.equal(pair.from.openSources, 0);
  assert.deepEqual(pair.ended, [], "the core asked for it, and needs no answer");
});

test("a state machine that cannot give its state away says so, and the core is told", () => {
  const pair = new TransferPair(new TextTransfer(text, 900), new TextTransfer("", 0));
  for (const failing of ["open", "next"] as const) {
    pair.from.failing = failing;
    pair.sender.sender.want(2);
    pair.time.pass(1000);
  }
  assert.deepEqual(pair.ended, [undefined, undefined]);
  assert.equal(pair.from.openSources, 0);
});

test("a state that no checkpoint holds yet is not offered: one is asked for, and the core is told at once", () => {
  const pair = new TransferPair(new TextTransfer("", 0), new TextTransfer("", 0));
  pair.sender.sender.want(2);
  pair.time.pass(10);
  assert.deepEqual(pair.ended, [undefined]);
  assert.deepEqual([pair.checkpoints, pair.from.openSources], [1, 0]);
  assert.ok(!pair.messages.includes("offer"));
  pair.from.text = text;
  pair.from.position = { index: 900, term: 1 };
  pair.sender.sender.want(2);
  pair.time.pass(1000);
  assert.equal(pair.to.text, text);
});

for (const failing of ["receive", "write", "install"] as const) {
  test(`a receiver whose "${failing}" fails keeps its old state and goes on with it`, () => {
    const pair = new TransferPair(new TextTransfer(text, 900), new TextTransfer("old", 3));
    pair.to.failing = failing;
    pair.sender.sender.want(2);
    pair.time.pass(1000);
    assert.deepEqual(pair.ended, [undefined]);
    assert.equal(pair.to.text, "old");
    assert.equal(pair.isHeld, false);
    assert.equal(pair.to.openSinks, 0);
    pair.sender.sender.want(2);
    pair.time.pass(1000);
    assert.equal(pair.to.text, text);
  });
}

test("a member whose disk fails while the states are exchanged stops: nobody knows what it holds", () => {
  const pair = new TransferPair(new TextTransfer(text, 900), new TextTransfer("old", 3));
  pair.to.failing = "exchange";
  pair.sender.sender.want(2);
  pair.time.pass(1000);
  assert.match(pair.failures[0]?.message ?? "", /exchange/);
  assert.deepEqual(pair.ended, [undefined]);
});

test("a member that stops while it installs has the new state or the old one, and lets go of everything", () => {
  for (let after = 1; after < 60; after++) {
    const pair = send(new TextTransfer(text, 900), new TextTransfer("old", 3));
    pair.time.pass(after);
    let stopped = false;
    pair.receiver.stop(() => {
      stopped = true;
    });
    pair.time.pass(100);
    assert.ok(stopped, `after ${after} ms`);
    assert.ok(pair.to.text === "old" || pair.to.text === text);
    assert.equal(pair.to.openSinks, 0);
  }
});

for (const fails of [false, true]) {
  test(`a member that stops while a place for the state is being made waits for that${fails ? ", though it fails" : ""}`, () => {
    const pair = send(new TextTransfer(text, 900), new TextTransfer("", 0));
    let open: (() => void) | undefined;
    pair.to.later = (run) => {
      open = run;
    };
    pair.time.pass(1000);
    assert.ok(open !== undefined, "the place is being made");
    let hasStopped = false;
    pair.receiver.stop(() => {
      hasStopped = true;
    });
    assert.equal(hasStopped, false, "its state machine must not be closed yet");
    pair.to.later = (run) => run();
    if (fails) pair.to.failing = "receive";
    open();
    assert.equal(hasStopped, true);
    assert.equal(pair.to.openSinks, 0);
  });
}

test("whatever is lost, the receiver holds the old state or the new one, and in the end the new one", () => {
  fc.assert(
    fc.property(
      fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
      fc.array(fc.constantFrom("open", "next", "receive", "write", "install", "break", "restart"), { maxLength: 6 }),
      (luck, faults) => {
        const pair = new TransferPair(new TextTransfer(text, 900), new TextTransfer(text.slice(0, 9), 3));
        pair.passes = () => luck.next().value > 0;
        for (const fault of faults) {
          pair.sender.sender.want(2);
          pair.time.pass(12);
          if (fault === "break") {
            pair.sender.disconnected(2);
            pair.receiver.disconnected(1);
          } else if (fault === "restart") pair.restartReceiver();
          else if (fault === "open" || fault === "next") pair.from.failing = fault;
          else pair.to.failing = fault;
          pair.time.pass(30);
          assert.ok([text, text.slice(0, 9)].includes(pair.to.text));
        }
        pair.from.failing = undefined;
        pair.to.failing = undefined;
        pair.passes = () => true;
        for (let tries = 0; tries < 3 && pair.to.text !== text; tries++) {
          pair.time.pass(20_000);
          pair.sender.sender.want(2);
        }
        pair.time.pass(20_000);
        assert.equal(pair.to.text, text);
        assert.equal(pair.isHeld, false);
        assert.equal(pair.to.openSinks, 0);
        assert.equal(pair.from.openSources, 0);
      },
    ),
    { numRuns: 300 },
  );
});

test("a member that needs no less than where its log begins refuses an older state", () => {
  const pair = new TransferPair(new TextTransfer(text, 900), new TextTransfer("", 0));
  pair.leastIndex = 901;
  pair.sender.sender.want(2);
  pair.time.pass(1000);
  assert.deepEqual(pair.ended, [undefined]);
  assert.equal(pair.to.text, "");
  pair.leastIndex = 900;
  pair.sender.sender.want(2);
  pair.time.pass(1000);
  assert.equal(pair.to.text, text);
});

test("a core that hears of the installed state first does not make a failure of it", () => {
  const pair = send(new TextTransfer(text, 900), new TextTransfer("", 0));
  pair.passes = (message) => {
    if (message.type === "installed") pair.sender.sender.unwanted(2);
    return true;
  };
  pair.time.pass(1000);
  assert.deepEqual(pair.ended, [{ index: 900, term: 1 }]);
  assert.deepEqual(pair.sender.status.sent, { whole: 1, increments: 0, failed: 0, bytes: text.length });
});

test("a wish is granted without the core", () => {
  const pair = new TransferPair(new TextTransfer(text, 900), new TextTransfer("", 0));
  pair.sender.received(2, 7, { type: "wish", session: 1 });
  pair.time.pass(1000);
  assert.equal(pair.to.text, text);
});
