import assert from "node:assert/strict";
import { test } from "node:test";
import { drawSwarm, perfectLink, ReplicaCluster, World } from "../src/index.ts";
import type { BrokenParts, SwarmOptions } from "../src/index.ts";
import { recoveryBugs } from "../src/planted-bugs/recovery-bugs.ts";

const electionTimeoutMs = 100;

/**
 * Three members get going, the power of all is cut in the middle of it, and nothing that was not synced survives. Returns what
 * somebody had heard before and does not know any more.
 */
function forgottenAfterPowerCut(seed: number, broken: BrokenParts): string[] {
  const world = new World(seed);
  const swarm: SwarmOptions = {
    ...drawSwarm(world.streams.stream("swarm")),
    members: 3,
    timing: { electionTimeoutMs, clockDriftPpm: 500 },
    limits: {},
    link: perfectLink,
    clockRates: [1, 1, 1],
    disk: { meanSyncMs: 0.2, stallProbability: 0, meanStallMs: 0 },
    faults: {},
    leftBehind: [],
    carrier: "messages",
  };
  const heard = new Map<string, number>();
  const cluster = new ReplicaCluster(world, swarm, {
    ...broken,
    drive: { unsyncedSurvival: 0 },
    checkers: () => [
      {
        name: "what is heard",
        heard: ({ id }, peer, incarnation) => void heard.set(`member ${id} of member ${peer}`, incarnation),
      },
    ],
  });
  const moments = world.streams.stream("moments");
  for (let round = 0; round < 3; round++) {
    for (const id of cluster.ids) cluster.start(id);
    world.run(moments.between(1, 8) * electionTimeoutMs);
    for (const id of cluster.ids) cluster.crash(id, "power cut");
  }
  assert.ok(heard.size >= 4, "most have heard each other");
  return [...heard].flatMap(([who, incarnation]) => {
    const [id = 0, peer = 0] = (who.match(/\d+/g) ?? []).map(Number);
    return cluster.member(id).disk.knownStart(peer) >= incarnation ? [] : [who];
  });
}

test("whichever start a member has heard, it knows after a power cut", () => {
  for (let seed = 1; seed <= 20; seed++) assert.deepEqual(forgottenAfterPowerCut(seed, {}), [], `seed ${seed}`);
});

for (const { name, member = {} } of recoveryBugs.filter(({ caughtBy }) => caughtBy[0] === "known starts")) {
  test(`a member forgets whom it has heard when ${name}`, () => {
    const forgetful = [1, 2, 3, 4, 5].filter((seed) => forgottenAfterPowerCut(seed, member).length > 0);
    assert.deepEqual(forgetful, [1, 2, 3, 4, 5]);
  });
}
