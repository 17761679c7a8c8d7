import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeMoment } from "../../src/links/link.ts";
import { shareMoment } from "../../src/links/share.ts";
import type { LabRun } from "../../src/world/lab-run.ts";
import { openPage, skip, useSite } from "./pages.ts";

const { address, browser } = useSite();

const run: LabRun = {
  seed: 11,
  setup: { kind: "free", members: 3, spares: 0, electionTimeoutMs: 1000, delayMs: 10, broken: [] },
  actions: [{ at: 3_000_000, action: { do: "crash", who: 1 } }],
};

test("a link says whether the page reproduces what its sender saw, here and in another engine's words", {
  skip,
}, async () => {
  // Made by Node.js, opened by Chromium: the same code makes the same history, and the same fingerprint.
  const shared = shareMoment(run, 4_000_000);
  const { page, complaints } = await openPage(browser(), `${address()}#/stage/${encodeMoment(shared)}`);
  await page
    .getByText(`This is the history that the sender of this link saw (hash ${shared.hash}).`, { exact: true })
    .waitFor();
  await page.getByRole("button", { name: "Copy link" }).click();
  assert.equal(new URL(page.url()).hash, `#/stage/${encodeMoment(shared)}`, "the same moment makes the same link");
  const older = encodeMoment({ ...shared, version: "0.0.9+00000000", hash: "0123456789abcdef" });
  await page.goto(`${address()}#/stage/${older}`);
  const alert = page.getByRole("alert");
  await alert.getByText("This is not the history that the sender of this link saw").waitFor();
  await alert.getByText("It was made with version 0.0.9+00000000; this is").waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});
