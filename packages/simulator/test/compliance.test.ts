import { test } from "node:test";
import { hostCompliance } from "@quorate/host/compliance";
import type { ComplianceFixture } from "@quorate/host/compliance";
import {
  Drive,
  healthyDrive,
  idealClock,
  NetworkConditions,
  perfectLink,
  simulatedHost,
  SimulatedInternet,
  World,
} from "../src/index.ts";

/** The longest that one case may take, in virtual time. */
const limitMs = 60_000;

function fixture(seed: number): ComplianceFixture {
  const world = new World(seed);
  const random = world.streams.stream("fixture");
  const drive = new Drive(world.streams.stream("disk"), healthyDrive);
  drive.tree.makeDirectory("/case");
  const link = { ...perfectLink, lossProbability: random.pick([0, 0.02]), meanDelayMs: random.between(0, 2) };
  const host = simulatedHost(world, {
    member: 1,
    scope: world.scope("case"),
    clock: { ...idealClock, rate: random.between(0.9, 1.1), wallOriginMs: 1_700_000_000_000 },
    drive,
    internet: new SimulatedInternet(world, new NetworkConditions(world.streams, link)),
  });
  return {
    host,
    directory: "/case",
    address: "host-1",
    async settle<T>(start: (done: (value: T) => void) => void): Promise<T> {
      const results: T[] = [];
      start((value) => results.push(value));
      world.runUntil(() => results.length > 0, limitMs);
      const [result] = results;
      if (results.length === 0) throw new Error(`nothing happened within ${limitMs} ms of virtual time`);
      return result as T;
    },
  };
}

for (const [at, compliance] of hostCompliance.entries()) {
  test(`the simulator's host: ${compliance.name}`, async () => {
    // Several worlds, with other delays and drifts: a promise that holds by luck of the timing does not hold.
    for (const seed of [1, 2, 3]) await compliance.run(fixture(100 * at + seed));
  });
}
