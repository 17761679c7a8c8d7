import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeForward,
  decodeForwardAnswer,
  encodeForward,
  encodeForwardAnswer,
  forwardOutcomes,
  type ForwardAnswer,
} from "../src/forwarding-codec.ts";
import { Forwarding } from "../src/forwarding.ts";
import { notLeader, ScriptedCore } from "./support/scripted-core.ts";

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

const safeInteger = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const anyForward = fc.record(
  {
    id: safeInteger,
    incarnation: safeInteger,
    commands: fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 1, maxLength: 20 }),
  },
  { noNullPrototype: true },
);

test("a forward is read as it was written", () => {
  fc.assert(
    fc.property(anyForward, (forward) => {
      const read = decodeForward(joined(encodeForward(forward)));
      assert.deepEqual(read, forward);
    }),
  );
});

test("an answer is read as it was written", () => {
  const outcome = fc.constantFrom(...forwardOutcomes);
  const anyAnswer = fc.record(
    { id: safeInteger, outcome, firstIndex: safeInteger, term: safeInteger },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(anyAnswer, (answer) => {
      assert.deepEqual(decodeForwardAnswer(joined(encodeForwardAnswer(answer))), answer);
    }),
  );
});

test("a forward that is cut short or goes on is not one", () => {
  fc.assert(
    fc.property(anyForward, fc.nat(), (forward, seed) => {
      const bytes = joined(encodeForward(forward));
      assert.equal(decodeForward(bytes.subarray(0, seed % bytes.length)), undefined);
      assert.equal(decodeForward(Uint8Array.from([...bytes, 0])), undefined);
    }),
  );
});

test("garbage never throws", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(1, 2), (bytes, kind) => {
      if (bytes.length > 0) bytes[0] = kind;
      decodeForward(bytes);
      decodeForwardAnswer(bytes);
    }),
  );
});

function leader() {
  const core = new ScriptedCore();
  const answers: ({ to: number } & ForwardAnswer)[] = [];
  const forwarding = new Forwarding({
    core,
    incarnation: 7,
    send: (to, chunks) => answers.push({ to, ...(decodeForwardAnswer(joined(chunks)) as ForwardAnswer) }),
  });
  return { core, answers, forwarding };
}

const commands = [Uint8Array.of(1), Uint8Array.of(2)];

test("a leader appends what it is passed and answers where it stands", () => {
  const { core, answers, forwarding } = leader();
  core.lastIndex = 4;
  assert.ok(forwarding.receive(2, 1, { id: 1, incarnation: 7, commands }));
  assert.equal(core.proposed.length, 0, "not before the turn ends");
  forwarding.flush(0);
  assert.deepEqual(answers, [{ to: 2, id: 1, outcome: "placed", firstIndex: 5, term: 1 }]);
});

test("who does not lead says so", () => {
  const { core, answers, forwarding } = leader();
  core.answer = notLeader(3);
  forwarding.receive(2, 1, { id: 1, incarnation: 7, commands });
  forwarding.flush(0);
  assert.deepEqual(answers, [{ to: 2, id: 1, outcome: "not-leader", firstIndex: 0, term: 0 }]);
});

test("a second copy of a forward is not appended", () => {
  const { core, forwarding } = leader();
  assert.ok(forwarding.receive(2, 1, { id: 1, incarnation: 7, commands }));
  assert.ok(!forwarding.receive(2, 1, { id: 1, incarnation: 7, commands }));
  forwarding.flush(0);
  assert.ok(!forwarding.receive(2, 1, { id: 1, incarnation: 7, commands }));
  forwarding.flush(0);
  assert.equal(core.proposed.length, 1);
  assert.ok(forwarding.receive(3, 1, { id: 1, incarnation: 7, commands }), "each member counts for itself");
});

test("a forward from before a restart, on either side, is not appended", () => {
  const { forwarding } = leader();
  assert.ok(!forwarding.receive(2, 1, { id: 1, incarnation: 6, commands }), "meant for our earlier incarnation");
  assert.ok(forwarding.receive(2, 2, { id: 1, incarnation: 7, commands }));
  assert.ok(!forwarding.receive(2, 1, { id: 9, incarnation: 7, commands }), "sent by their earlier incarnation");
  assert.ok(
    forwarding.receive(2, 3, { id: 1, incarnation: 7, commands }),
    "a new incarnation counts from the beginning",
  );
});
