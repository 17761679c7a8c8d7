import assert from "node:assert/strict";
import { test } from "node:test";
import { recordSeed, simulateCore } from "../src/index.ts";
import { aroundCore } from "../src/planted-bugs/around.ts";
import type { PlantedBug } from "../src/index.ts";

const trips: PlantedBug = {
  name: "a core trips over a heartbeat",
  breaks: "core",
  createCore: aroundCore((core) => ({
    receive: (now, from, incarnation, message) => {
      if (message.type === "heartbeat") throw new TypeError("progress is not a function");
      core.receive(now, from, incarnation, message);
    },
  })),
  caughtBy: ["member"],
  seeds: 1,
};

test("an error of the code under test is a finding with a seed, not the end of the simulation", () => {
  const recorded = recordSeed({ world: "core", seed: 1, bug: trips }, { version: "0" });
  assert.equal(recorded.outcome, "failed");
  const { violation } = recorded.result;
  assert.equal(violation?.property, "member");
  assert.match(violation.message, /member \d stopped by itself: TypeError: progress is not a function/);
});

test("so is one that is thrown when a core starts", () => {
  const createCore = (): never => {
    throw new RangeError("no such log");
  };
  const { violation } = simulateCore({ seed: 1, createCore });
  assert.equal(violation?.property, "member");
});
