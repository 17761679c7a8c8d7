import assert from "node:assert/strict";
import { test } from "node:test";
import { MemberRemovedError, RemovalWatch } from "../src/removal-watch.ts";
import { fakeMember } from "./support/fake-member.ts";

test("a member ends once its removal is committed, and not before", async (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const { replica } = await fakeMember();
  let ended: Error | undefined;
  const watch = new RemovalWatch({ replica, removed: (error) => (ended = error), lookMs: 100 });
  context.after(() => watch.stop());
  const present = replica.status.configuration;
  context.mock.timers.tick(1000);
  replica.change({ configuration: { ...present, voters: [8], outgoing: [7, 8], removed: [] }, configurationIndex: 2 });
  context.mock.timers.tick(1000);
  replica.change({ configuration: { ...present, voters: [8], removed: [7] }, configurationIndex: 3, appliedIndex: 2 });
  context.mock.timers.tick(1000);
  assert.equal(ended, undefined);
  replica.change({ appliedIndex: 3 });
  context.mock.timers.tick(100);
  assert.equal(ended, undefined, "it is given a moment to hand over");
  context.mock.timers.tick(1000);
  assert.equal((ended as Error | undefined)?.name, MemberRemovedError.name);
});

test("a member that another one tells of its removal ends too, whatever its own configuration says", async (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const { replica } = await fakeMember();
  let ended: Error | undefined;
  const watch = new RemovalWatch({ replica, removed: (error) => (ended = error), lookMs: 100 });
  context.after(() => watch.stop());
  replica.change({ removedAccordingTo: 8 });
  context.mock.timers.tick(200);
  assert.equal((ended as Error | undefined)?.name, MemberRemovedError.name);
});
