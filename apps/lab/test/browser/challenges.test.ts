import assert from "node:assert/strict";
import { test } from "node:test";
import { runOfChallenge } from "../../src/challenges/challenge.ts";
import { challenges } from "../../src/challenges/library.ts";
import { encodeMoment } from "../../src/links/link.ts";
import { historyVersion } from "../../src/links/history-version.ts";
import { assertAccessible, lookedAt, openPage, skip, useSite } from "./pages.ts";

const { address, browser } = useSite();

test("a reader with a keyboard alone solves a challenge; it stays solved, and its link shows the solution", {
  skip,
}, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/drill`);
  await page.getByText(`0 of ${challenges.length} challenges solved.`).waitFor();
  await page.getByRole("link", { name: /Two who believe that they lead/ }).press("Enter");
  const panel = page.getByRole("group", { name: "The challenge" });
  await panel.getByText("0 of 1 used. Not yet.").waitFor();
  const leader = page.locator(".member.is-leader");
  for (let count = 0; count < 10 && (await leader.count()) === 0; count++) await page.keyboard.press("n");
  await leader.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Pause", exact: true }).press("Enter");
  await panel.getByText("1 of 1 used. Not yet.").waitFor();
  const solved = panel.getByText(/Solved at \d+\.\d+ s, with 1 action\./);
  for (let count = 0; count < 20 && !(await solved.isVisible()); count++) await page.keyboard.press("n");
  await solved.waitFor();
  await panel.getByRole("link", { name: "Link to this solution" }).press("Enter");
  await page.waitForURL(/#\/challenge\/two-believe\/.+/);
  await solved.waitFor();
  assert.equal(await page.locator(".member.is-leader").count(), 1);
  assert.equal(await page.locator(".member.is-paused").count(), 1);
  await page.goto(`${address()}#/drill`);
  await page.getByText(`1 of ${challenges.length} challenges solved.`).waitFor();
  await page.getByRole("link", { name: "Your solution" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("what a challenge does not allow is refused in words, and so is one action too many", { skip }, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/challenge/two-believe`);
  await page.getByRole("button", { name: "Kill", exact: true }).click();
  const panel = page.getByRole("group", { name: "The challenge" });
  await panel.getByText("1 of 1 used.").waitFor();
  const start = page.getByRole("button", { name: "Start", exact: true });
  assert.ok(await start.isDisabled());
  assert.equal(await start.getAttribute("title"), "That is not among what this challenge allows.");
  assert.ok(await page.getByRole("button", { name: "Jump T/2 ahead" }).isDisabled());
  assert.ok(await page.getByRole("button", { name: "Cut off" }).isEnabled());
  await page.getByText("What cannot be pressed here is not among what this challenge allows").waitFor();
  await page.getByRole("tab", { name: "Voters" }).click();
  await page.getByText("This challenge does not allow to change who votes or leads.").waitFor();
  await page.getByRole("tab", { name: "A member" }).click();
  await page.getByLabel("to member", { exact: true }).selectOption("2");
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByText(/All 1 actions are used|The one action is used/).waitFor();
  await panel.getByRole("button", { name: "Begin anew" }).click();
  await panel.getByText("0 of 1 used. Not yet.").waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("each challenge's own solution is shown on demand, reaches its goal, and is not taken for the reader's", {
  skip,
}, async () => {
  const { page, complaints } = await openPage(browser(), address());
  for (const { name, title, hints } of challenges) {
    await page.goto(`${address()}#/challenge/${name}`);
    await page.getByRole("heading", { name: title }).waitFor();
    const panel = page.getByRole("group", { name: "The challenge" });
    for (let hint = 1; hint <= hints.length; hint++) {
      await panel.getByRole("button", { name: `Hint ${hint} of ${hints.length}` }).click();
    }
    await panel.getByRole("button", { name: "Show one solution" }).click();
    await panel.getByText(/This is one solution: it was reached at/).waitFor();
  }
  await page.goto(`${address()}#/drill`);
  await page.getByText(`0 of ${challenges.length} challenges solved.`).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a link to another world, or to what is against the terms, is refused, and the challenge begins", {
  skip,
}, async () => {
  const [challenge] = challenges;
  assert.ok(challenge !== undefined);
  const run = runOfChallenge(challenge, challenge.solution);
  const kill = { at: 4_000_000, action: { do: "wipe-disk", who: 1 } } as const;
  const moments = [
    encodeMoment({ version: historyVersion(), run: { ...run, seed: 77 }, at: 0 }),
    encodeMoment({ version: historyVersion(), run: { ...run, actions: [kill] }, at: 0 }),
    "!!!",
  ];
  for (const moment of moments) {
    const { page, complaints } = await openPage(browser(), `${address()}#/challenge/${challenge.name}/${moment}`);
    await page.getByText("This link cannot be opened").waitFor();
    await page.getByText(/0 of \d used\. Not yet\./).waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  }
  const { page } = await openPage(browser(), address());
  await page.goto(`${address()}#/challenge/no-such`);
  await page.getByText("There is no challenge “no-such”").waitFor();
  await page.close();
});

test("challenges can be used on a screen, on a phone, and without eyes", { skip }, async () => {
  for (const viewport of lookedAt) {
    for (const path of ["#/drill", "#/challenge/three-cuts", "#/challenge/storm"]) {
      const { page, complaints } = await openPage(browser(), `${address()}${path}`, viewport);
      await assertAccessible(page);
      assert.deepEqual(complaints, []);
      await page.close();
    }
  }
});
