import assert from "node:assert/strict";
import { test } from "node:test";
import type { Disk } from "@quorate/host";
import { openKnownStarts } from "../src/known-starts.ts";
import type { KnownStarts, KnownStartsStore } from "../src/known-starts.ts";
import { newLives, withNames } from "./support/lives.ts";
import type { Lives } from "./support/lives.ts";

function open(lives: Lives, disk: Disk): KnownStartsStore {
  return lives.wait((done) => openKnownStarts(disk, "/data", (_error, store) => done(store)));
}

function save(lives: Lives, store: KnownStartsStore, starts: KnownStarts): Error | undefined {
  return lives.wait((done) => store.save(starts, done));
}

test("what a start finds that was known of the peers is durable from then on", () => {
  const lives = newLives();
  const names = { areFailing: true };
  const store = open(lives, withNames(lives.begin().disk, names));
  assert.equal(save(lives, store, new Map([[2, 7]]))?.message, "the sync failed");
  lives.kill();
  assert.deepEqual([...open(lives, lives.begin().disk).starts], [[2, 7]], "it can be read");
  lives.cutPower();
  assert.deepEqual([...open(lives, lives.begin().disk).starts], [[2, 7]]);
});
