import assert from "node:assert/strict";
import { test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { stories } from "../../src/stories/library.ts";
import { assertAccessible, isLongForm, lookedAt, openPage, skip, useSite } from "./pages.ts";

const { address, browser } = useSite();

function slider(page: Page, name: RegExp): Locator {
  return page.getByRole("region", { name: "Break and change it" }).getByRole("slider", { name });
}

test("two leaders of one term stand on the right, and each goes by other voters; one stands on the left", {
  skip,
}, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/compare/joint-consensus`);
  await page.getByRole("button", { name: "after 6 T", exact: true }).click();
  const leaders = (side: string): Promise<(string | null)[]> =>
    page.locator(`${side} .member.is-leader`).evaluateAll((found) => found.map((one) => one.textContent));
  const [shipped, broken] = [await leaders(".side.is-shipped"), await leaders(".side.is-broken")];
  assert.equal(shipped.length, 1);
  assert.deepEqual(
    broken.map((text) => /term (\d+)/.exec(text ?? "")?.[1]),
    ["2", "2"],
  );
  const known = page.locator(".side.is-broken").getByRole("list", { name: "The voters, as members know them" });
  assert.deepEqual(await known.getByRole("listitem").allInnerTexts(), [
    "Members 1, 2 go by the voters 1 2 3, learners 4 5",
    "Members 3, 4, 5 go by the voters 1 2 3 4 5",
  ]);
  await page.locator(".side.is-broken .fell", { hasText: "election safety" }).waitFor();
  await page.locator(".side.is-shipped").getByRole("heading", { name: "Everything holds" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("numbers are drawn for both sides; a click on one leads there, on both, and the picture says itself in words", {
  skip,
}, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/compare/term-bomb`);
  const plots = page.getByRole("region", { name: "The numbers over time" });
  const picture = plots.getByRole("img", { name: /^newest term: as it ships, 1 all the time; broken, from 1 to \d+/ });
  await picture.waitFor();
  await plots.getByRole("img", { name: /^elections won/ }).waitFor();
  assert.match(await plots.innerText(), /The same all the time, on both sides: .*stale reads 0/);
  await picture.scrollIntoViewIfNeeded();
  const { width, height } = (await picture.boundingBox()) ?? { width: 0, height: 0 };
  await picture.click({ position: { x: width / 2, y: height / 2 } });
  const time = page.getByText(/election timeouts$/);
  assert.match(await time.innerText(), /(19|20)\.\d election timeouts/);
  const moment = Number(await page.getByRole("slider", { name: "Moment" }).inputValue());
  assert.ok(Math.abs(moment - 2_000_000) < 60_000, `${moment}`);
  const before = await plots.locator("figcaption").first().innerText();
  await page.getByRole("button", { name: "End", exact: true }).click();
  assert.notEqual(await plots.locator("figcaption").first().innerText(), before);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a reader makes the state small, and nobody is missed; the address says so, and brings it back", {
  skip,
}, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/compare/blocking-checkpoint`);
  const panel = page.getByRole("region", { name: "Break and change it" });
  await panel.getByText("it comes out as told.").waitFor();
  const size = slider(page, /^The whole state/);
  assert.equal(await size.getAttribute("aria-valuetext"), "400 MB");
  await size.focus();
  for (let presses = 0; presses < 5; presses++) await page.keyboard.press("ArrowLeft");
  assert.equal(await size.getAttribute("aria-valuetext"), "80 MB");
  await panel.getByText(/Predicted:.*80 MB.*nobody notices/).waitFor();
  await panel.getByText(/it does not come out as told/).waitFor();
  assert.match(page.url(), /#\/compare\/blocking-checkpoint\/size=80$/);
  await page.getByRole("button", { name: "End", exact: true }).click();
  const leader = page.locator(".side.is-broken .member.is-leader");
  const still = await leader.getAttribute("aria-label");
  await page.reload();
  await panel.getByText(/it does not come out as told/).waitFor();
  await page.getByRole("button", { name: "End", exact: true }).click();
  assert.equal(await leader.getAttribute("aria-label"), still);
  await panel.getByRole("button", { name: "As it is told" }).click();
  await panel.getByText("it comes out as told.").waitFor();
  assert.match(page.url(), /#\/compare\/blocking-checkpoint$/);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("clocks beyond what the configuration allows for make the shipped lease stale too, as predicted", {
  skip,
}, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/compare/lease-and-clocks`);
  const panel = page.getByRole("region", { name: "Break and change it" });
  await panel.getByText(/no read is ever stale/).waitFor();
  await panel.getByRole("list", { name: "Predicted, in true time" }).waitFor();
  await page.getByRole("button", { name: "End", exact: true }).click();
  const stale = page.locator(".side.is-shipped .fell", { hasText: "linearizable reads" });
  assert.equal(await stale.count(), 0);
  await slider(page, /^The leader's clock/).fill("20");
  await panel.getByText(/a read may be stale/).waitFor();
  await stale.waitFor();
  await slider(page, /^The configuration/).fill("25");
  await panel.getByText(/no read is ever stale/).waitFor();
  await stale.waitFor({ state: "detached" });
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a link to what a comparison does not have says so, and shows it as it is told", { skip }, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/compare/lease-and-clocks/drift=99`);
  await page.getByText(/This link asks for what is not there: “drift” cannot be 99 here/).waitFor();
  await page.getByRole("region", { name: "Break and change it" }).getByText("it comes out as told.").waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

/** All of them in the long form; the newest kinds otherwise. */
const checked = isLongForm ? stories : stories.filter(({ part }) => part === "States");

test("comparisons with their plots and sliders can be used on a screen, on a phone, and without eyes", {
  skip,
}, async () => {
  for (const viewport of lookedAt) {
    const { page, complaints } = await openPage(browser(), address(), viewport);
    for (const { name, title } of [...checked, ...stories.filter((story) => story.name === "lease-and-clocks")]) {
      await page.goto(`${address()}#/compare/${name}`);
      await page.getByRole("heading", { name: title }).waitFor();
      await assertAccessible(page);
    }
    assert.deepEqual(complaints, []);
    await page.close();
  }
});

test("a link to a moment of a comparison shows both sides at that moment, and says that the histories are the same", {
  skip,
}, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/compare/stale-candidate`);
  const moment = page.getByRole("slider", { name: "Moment" });
  await page.getByRole("button", { name: "Where they part" }).click();
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.getByText(/^The link to this moment is/).waitFor();
  const link = page.url();
  assert.match(link, /\/stale-candidate\/at=\d+&hash=[0-9a-f]{8}\.[0-9a-f]{8}$/);
  const stagesOf = (shown: typeof page): Promise<string[]> =>
    shown.locator(".side .stage").evaluateAll((all) => all.map((one) => one.innerHTML));
  const seen = await stagesOf(page);
  const opened = await openPage(browser(), link);
  await opened.page.getByText(/^These are the histories that the sender of this link saw/).waitFor();
  assert.deepEqual(await stagesOf(opened.page), seen);
  assert.equal(
    Math.floor(Number(await opened.page.getByRole("slider", { name: "Moment" }).inputValue())),
    Math.floor(Number(await moment.inputValue())),
  );
  const other = await openPage(browser(), link.replace(/[0-9a-f]{8}$/, "00000000"));
  await other.page.getByText(/^These are not the histories/).waitFor();
  assert.deepEqual([complaints, opened.complaints, other.complaints], [[], [], []]);
  for (const shown of [page, opened.page, other.page]) await shown.close();
});
