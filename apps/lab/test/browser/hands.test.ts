import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { assertAccessible, launchBrowser, lookedAt, openPage, screens, skip, type Opened } from "./pages.ts";
import { startSite, type Site } from "./site.ts";

let site: Site;
let browser: Browser;

before(async () => {
  if (skip !== false) return;
  site = await startSite();
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await site?.close();
});

/** A stage on which somebody leads already. */
async function openStage(viewport: { width: number; height: number } = screens[0]): Promise<Opened> {
  const opened = await openPage(browser, `${site.address}#/stage`, viewport);
  const { page } = opened;
  const leader = page.locator(".member.is-leader");
  for (let count = 0; count < 12 && (await leader.count()) === 0; count++) await page.keyboard.press("n");
  assert.equal(await leader.count(), 1);
  return opened;
}

/** What the stage says to those who do not see it. */
async function said(page: Page): Promise<string> {
  return (await page.locator("svg.stage").getAttribute("aria-label")) ?? "";
}

function tab(page: Page, name: string): Locator {
  return page.getByRole("tab", { name, exact: true });
}

/** Events, one after the other. */
async function step(page: Page, count: number): Promise<void> {
  await page.locator("h1").first().click();
  for (let left = count; left > 0; left--) await page.keyboard.press("ArrowRight");
}

test("a link is slowed, made to lose and repeat, cut, and mended, by keyboard alone, and the stage shows each", {
  skip,
}, async () => {
  const { page, complaints } = await openStage();
  await tab(page, "A member").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await tab(page, "Links").getAttribute("aria-selected"), "true");
  const link = page.getByRole("button", { name: /^Link from 1 to 2/ });
  await link.focus();
  await page.keyboard.press("Enter");
  const editor = page.getByRole("group", { name: "How the link from 1 to 2 is" });
  await editor.getByRole("slider", { name: /^Loss/ }).focus();
  for (let count = 0; count < 20; count++) await page.keyboard.press("ArrowRight");
  await page.getByRole("button", { name: "Link from 1 to 2: 20 % lost" }).waitFor();
  assert.equal(await page.locator(".changed-link.is-lossy").count(), 1);
  // Twenty presses at one moment are one action.
  await page.getByRole("button", { name: "Undo" }).press("Enter");
  await page.getByRole("button", { name: "Link from 1 to 2: works" }).waitFor();
  await editor.getByRole("slider", { name: /^Delay/ }).press("PageUp");
  assert.equal(await page.locator(".changed-link.is-slow .label").count(), 1);
  await editor.getByRole("slider", { name: /^Duplicates/ }).press("End");
  await page.getByRole("button", { name: /^Link from 1 to 2: \d+ ms, 100 % twice/ }).waitFor();
  await editor.getByRole("button", { name: "Cut" }).press("Enter");
  await page.getByRole("button", { name: "Link from 1 to 2: cut" }).waitFor();
  assert.equal(await page.locator(".changed-link.is-cut").count(), 1);
  await page.getByRole("button", { name: "Every link from 3" }).press("Enter");
  await page.getByRole("button", { name: "Cut", exact: true }).press("Enter");
  assert.equal(await page.locator(".matrix .is-cut").count(), 6);
  await page.getByRole("button", { name: "Mend every link" }).press("Enter");
  assert.equal(await page.locator(".changed-link").count(), 0);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a click on a link of the stage chooses it", { skip }, async () => {
  const { page, complaints } = await openStage();
  const lane = page.locator(".lanes .reach").filter({ hasText: "The link from 2 to 5" });
  await lane.dispatchEvent("click");
  await page.getByRole("heading", { name: "The link from 2 to 5" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Link from 2 to 5/ }).getAttribute("aria-pressed"), "true");
  assert.deepEqual(complaints, []);
  await page.close();
});

for (const kind of ["mouse", "touch"] as const) {
  test(`a member is dragged to an island of its own and another one to it, with ${kind}; and both come back`, {
    skip,
  }, async () => {
    const { page, complaints } = await openStage();
    const drag = async (id: number, to: { x: number; y: number }): Promise<void> => {
      const member = page.getByRole("button", { name: new RegExp(`^Member ${id} `) });
      const box = await member.locator(".body").boundingBox();
      const stage = await page.locator("svg.stage").boundingBox();
      assert.ok(box !== null && stage !== null);
      const from = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
      const end = { x: stage.x + to.x * stage.width, y: stage.y + to.y * stage.height };
      if (kind === "mouse") {
        await page.mouse.move(from.x, from.y);
        await page.mouse.down();
        await page.mouse.move(end.x, end.y, { steps: 4 });
        await page.mouse.up();
        return;
      }
      const fingers = await page.context().newCDPSession(page);
      await fingers.send("Emulation.setTouchEmulationEnabled", { enabled: true });
      const touch = (type: "touchStart" | "touchMove" | "touchEnd", points: { x: number; y: number }[]) =>
        fingers.send("Input.dispatchTouchEvent", { type, touchPoints: points });
      await touch("touchStart", [from]);
      for (const share of [0.3, 0.6, 1]) {
        await touch("touchMove", [{ x: from.x + share * (end.x - from.x), y: from.y + share * (end.y - from.y) }]);
      }
      await touch("touchEnd", []);
    };
    await drag(2, { x: 0.5, y: 0.5 });
    assert.match(await said(page), /islands: 1 3 4 5 \| 2$/);
    await page.getByText("You cut 2 off from the others").first().waitFor();
    assert.equal(await page.getByRole("radio", { name: "Member 2 on island B" }).isChecked(), true);
    // The small island is opposite the large one.
    await drag(4, { x: 0.89, y: 0.89 });
    assert.match(await said(page), /islands: 1 3 5 \| 2 4$/);
    await drag(5, { x: 0.85, y: 0.15 });
    assert.match(await said(page), /islands: 1 3 \| 2 4 \| 5$/);
    await page.getByRole("button", { name: "Bring all together" }).click();
    assert.doesNotMatch(await said(page), /islands/);
    assert.deepEqual(complaints, []);
    await page.close();
  });
}

test("without dragging, members go to islands by their names; a link to that moment shows the same", {
  skip,
}, async () => {
  const { page, complaints } = await openStage();
  await tab(page, "Partition").click();
  await page.getByRole("radio", { name: "Member 4 on island B" }).focus();
  await page.keyboard.press("Space");
  await page.getByRole("radio", { name: "Member 5 on island C" }).focus();
  await page.keyboard.press("Space");
  const islands = await said(page);
  assert.match(islands, /islands: 1 2 3 \| 4 \| 5$/);
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.waitForURL(/#\/stage\/.+/);
  const other = await openPage(browser, `${site.address}${new URL(page.url()).hash}`);
  assert.equal(await said(other.page), islands);
  assert.deepEqual([...complaints, ...other.complaints], []);
  await page.close();
  await other.page.close();
});

test("a wiped member stops, and is replaced by another one at a press", { skip }, async () => {
  const { page, complaints } = await openStage();
  const leader = /\d/.exec((await page.locator(".member.is-leader").getAttribute("aria-label")) ?? "")?.[0];
  const victim = leader === "1" ? "2" : "1";
  await page.getByRole("combobox", { name: "to member" }).selectOption(victim);
  await page.getByRole("button", { name: "Wipe", exact: true }).click();
  const wiped = page.locator(".member.is-wiped");
  await wiped.waitFor();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  assert.equal(await wiped.count(), 0, "it runs");
  for (let count = 0; count < 60 && (await wiped.count()) === 0; count++) await step(page, 1);
  assert.equal(await wiped.count(), 1, "it was told, and stopped");
  assert.match(await page.locator(".events").innerText(), /this disk does not: it was wiped/);
  await page.getByRole("button", { name: "Replace it by member 6" }).click();
  const isIn = async (): Promise<boolean> => (await said(page)).includes("member 6 follower");
  for (let count = 0; count < 20 && !(await isIn()); count++) await step(page, 20);
  assert.ok(await isIn(), await said(page));
  await page.getByRole("heading", { name: "Everything holds" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a wiped member that nobody remembers votes again, and the page shows what is lost by it", {
  skip,
}, async () => {
  const { page, complaints } = await openStage();
  const choose = async (id: string): Promise<void> => {
    await tab(page, "A member").click();
    await page.getByRole("combobox", { name: "to member" }).selectOption(id);
  };
  const press = (name: string): Promise<void> => page.getByRole("button", { name, exact: true }).click();
  const island = (id: number, name: string): Promise<void> =>
    page.getByRole("radio", { name: `Member ${id} on island ${name}` }).check();
  const leader = /\d/.exec((await page.locator(".member.is-leader").getAttribute("aria-label")) ?? "")?.[0];
  assert.equal(leader, "5");
  await step(page, 60);
  // Three of five hold what is committed: the leader, 1 and 2. Then the leader dies, 1 is cut off, and 2 is wiped.
  await tab(page, "Partition").click();
  for (const id of [3, 4]) await island(id, "B");
  await choose("5");
  await press("Write");
  await step(page, 60);
  await press("Kill");
  await choose("2");
  await press("Wipe");
  await press("Start");
  await tab(page, "Partition").click();
  await press("Bring all together");
  await island(1, "C");
  await page.locator("h1").first().click();
  for (let count = 0; count < 12; count++) await page.keyboard.press("n");
  assert.equal(await page.locator(".member.is-wiped").count(), 1, "it was told, and stopped");
  await page.getByRole("heading", { name: "Everything holds" }).waitFor();
  await choose("2");
  await press("What if nobody remembered?");
  const fallen = page.locator(".invariants.has-fallen");
  await page.locator("h1").first().click();
  for (let count = 0; count < 12 && (await fallen.count()) === 0; count++) await page.keyboard.press("n");
  await fallen.getByText("leader completeness").first().waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a full disk and a fast clock are seen on the stage, and the bound is said to be passed", { skip }, async () => {
  const { page, complaints } = await openStage();
  await page.getByRole("button", { name: "Fill", exact: true }).click();
  await page.getByText("No two clocks differ by more than the bound of 1 %").waitFor();
  await page.getByRole("slider", { name: /^Rate/ }).fill("20");
  await page.getByText("Two clocks differ by more than the bound of 1 %").waitFor();
  await page.getByRole("button", { name: /^Member 1 .*clock \+20 %, disk full/ }).waitFor();
  assert.deepEqual(await page.locator(".badge text").allTextContents(), ["clock +20 %", "disk full"]);
  await page.getByRole("button", { name: "Make room" }).click();
  assert.deepEqual(await page.locator(".badge text").allTextContents(), ["clock +20 %"]);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a leader that is cut off says why it does not answer by its lease", { skip }, async () => {
  const { page, complaints } = await openStage();
  await page.locator(".member.is-leader").press("Enter");
  await page.getByRole("button", { name: "Read by lease" }).click();
  await step(page, 4);
  await page
    .getByText(/may not answer by a lease: nothing of its own term is committed yet/)
    .first()
    .waitFor();
  await step(page, 60);
  await page.getByRole("button", { name: "Read by lease" }).click();
  await step(page, 4);
  await page
    .getByText(/answers by its lease, which holds for \d+ ms more on its clock/)
    .first()
    .waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a learner is added, promoted, and another leader asked for", { skip }, async () => {
  const { page, complaints } = await openStage();
  await step(page, 60);
  await tab(page, "Voters").click();
  await page.getByRole("button", { name: "Add as learner: member 6" }).click();
  const promote = page.getByRole("button", { name: "Promote: member 6" });
  for (let count = 0; count < 20 && (await promote.count()) === 0; count++) await step(page, 10);
  await step(page, 60);
  await promote.click();
  const voters = page.getByText("6 voters");
  for (let count = 0; count < 20 && (await voters.count()) === 0; count++) await step(page, 20);
  assert.equal(await voters.count(), 1);
  assert.deepEqual(complaints, []);
  await page.close();
});

for (const viewport of lookedAt) {
  test(`nothing that an automated check of accessibility finds in what can be done, ${viewport.width} pixels wide`, {
    skip,
  }, async () => {
    const { page, complaints } = await openStage(viewport);
    await page.getByRole("button", { name: "Fill", exact: true }).click();
    await page.getByRole("slider", { name: /^Rate/ }).fill("-7");
    await page.getByRole("combobox", { name: "to member" }).selectOption("2");
    await page.getByRole("button", { name: "Wipe", exact: true }).click();
    for (const name of ["A member", "Links", "Partition", "Voters"]) {
      await tab(page, name).click();
      if (name === "Links") await page.getByRole("slider", { name: /^Loss/ }).fill("30");
      if (name === "Partition") await page.getByRole("radio", { name: "Member 2 on island C" }).check();
      await assertAccessible(page);
    }
    await page.locator("summary").first().click();
    await assertAccessible(page);
    assert.deepEqual(complaints, []);
    await page.close();
  });
}
