import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium, type Browser, type Page } from "playwright-core";
import { questions } from "../../src/drill/library.ts";
import { stories } from "../../src/stories/library.ts";
import { encodeMoment } from "../../src/links/link.ts";
import { version } from "../../src/version.ts";
import type { LabRun } from "../../src/world/lab-run.ts";
import { isLongForm, lookedAt } from "./pages.ts";
import { startSite, type Site } from "./site.ts";

const executablePath = "/usr/bin/chromium";
const isMissing = !existsSync(executablePath);
const skip = isMissing && process.env["CI"] !== "true" ? "chromium is not installed (apt-get install chromium)" : false;
const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let site: Site;
let browser: Browser;

before(async () => {
  if (skip !== false) return;
  site = await startSite();
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
  browser = await chromium.launch({ executablePath, args });
});

after(async () => {
  await browser?.close();
  await site?.close();
});

interface Opened {
  readonly page: Page;
  /** What the page complained about. */
  readonly complaints: string[];
}

async function open(path: string, viewport = { width: 1280, height: 900 }): Promise<Opened> {
  const page = await browser.newPage({ viewport });
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${site.address}${path}`);
  await page.locator("h1").first().waitFor();
  return { page, complaints };
}

/** Everything that a reader sees of the members. */
function picture(page: Page): Promise<string> {
  return page.locator("svg.stage").first().innerHTML();
}

/** @returns what an automated check of accessibility finds. */
async function accessibility(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axePath });
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  });
}

/** All of them in the long form; one of each part otherwise. */
const shown = isLongForm
  ? stories
  : stories.filter(({ part }, at) => stories.findIndex((story) => story.part === part) === at);

test("every comparison is told to its end, and both sides show what is claimed of them", { skip }, async () => {
  const { page, complaints } = await open("#/");
  for (const story of shown) {
    await page.goto(`${site.address}#/compare/${story.name}`);
    await page.getByRole("heading", { name: story.title }).waitFor();
    await page.getByRole("button", { name: "End", exact: true }).click();
    const [shipped, broken] = [page.locator(".side.is-shipped"), page.locator(".side.is-broken")];
    await shipped.getByRole("heading", { name: "Everything holds" }).waitFor();
    const cells = await page.evaluate<string[][]>(
      "Array.from(document.querySelectorAll('.numbers tbody tr'), (row) => Array.from(row.querySelectorAll('td'), (cell) => cell.textContent))",
    );
    const hasFallen = (await broken.locator(".invariants.has-fallen").count()) > 0;
    const differs = cells.some(([here, there]) => here !== there);
    assert.ok(hasFallen || differs, `${story.name}: nothing on the page tells the sides apart`);
  }
  assert.deepEqual(complaints, []);
  await page.close();
});

test("stepping back and on again shows the very same, and so does a link to it", { skip }, async () => {
  const { page, complaints } = await open("#/stage");
  await page.getByRole("button", { name: "Kill" }).click();
  for (let count = 0; count < 30; count++) await page.keyboard.press("ArrowRight");
  const there = await picture(page);
  for (let count = 0; count < 20; count++) await page.keyboard.press("ArrowLeft");
  assert.notEqual(await picture(page), there);
  for (let count = 0; count < 20; count++) await page.keyboard.press("ArrowRight");
  assert.equal(await picture(page), there);
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.waitForURL(/#\/stage\/.+/);
  const other = await open(new URL(page.url()).hash);
  assert.equal(await picture(other.page), there);
  assert.deepEqual([...complaints, ...other.complaints], []);
  await page.close();
  await other.page.close();
});

test("a reader without a mouse elects a leader, kills it, and sees another", { skip }, async () => {
  const { page, complaints } = await open("#/stage");
  const leader = page.locator(".member.is-leader");
  for (let count = 0; count < 10 && (await leader.count()) === 0; count++) await page.keyboard.press("n");
  assert.equal(await leader.count(), 1);
  const first = await leader.getAttribute("aria-label");
  const write = page.getByRole("button", { name: "Write", exact: true });
  assert.equal(await write.isDisabled(), true, "a follower would refuse it");
  await leader.focus();
  await page.keyboard.press("Enter");
  assert.equal(await write.isEnabled(), true);
  await page.getByRole("button", { name: "Kill" }).focus();
  await page.keyboard.press("Enter");
  const isAnother = async (): Promise<boolean> =>
    (await leader.count()) === 1 && (await leader.getAttribute("aria-label")) !== first;
  for (let count = 0; count < 20 && !(await isAnother()); count++) await page.keyboard.press("n");
  assert.ok(await isAnother());
  await page.getByRole("slider", { name: "Moment" }).focus();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Pause (space)" }).waitFor();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Play (space)" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

for (const path of ["#/", "#/stage", "#/compare/term-bomb", "#/drill", "#/quorum", "#/run"]) {
  test(`${path}: nothing that an automated check of accessibility finds, ${lookedAt.map(({ width }) => width).join(" and ")} pixels wide`, {
    skip,
  }, async () => {
    for (const viewport of lookedAt) {
      const { page, complaints } = await open(path, viewport);
      assert.deepEqual(await accessibility(page), []);
      const widest = await page.evaluate<number>("document.documentElement.scrollWidth");
      assert.ok(widest <= viewport.width, `the page is ${widest} pixels wide on a screen of ${viewport.width}`);
      assert.deepEqual(complaints, []);
      await page.close();
    }
  });
}

test("a question says why an answer is wrong, remembers it, and leads to its counterexample", { skip }, async () => {
  const { page, complaints } = await open("#/drill");
  const [question] = questions;
  assert.ok(question !== undefined);
  const asked = page.getByRole("region", { name: `Question 1: ${question.title}` });
  const wrong = question.options.find(({ isRight }) => !isRight);
  await asked.getByRole("radio", { name: wrong?.text ?? "" }).check();
  await asked.getByText(wrong?.why ?? "").waitFor();
  await page.getByText(`1 of ${questions.length} answered, 0 right.`).waitFor();
  await page.reload();
  await page.getByText(`1 of ${questions.length} answered, 0 right.`).waitFor();
  await asked.getByRole("link", { name: "Watch it happen" }).click();
  await page.getByRole("heading", { name: stories.find(({ name }) => name === question.story)?.title ?? "" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("the arithmetic says what the planner says, and its address carries it", { skip }, async () => {
  const { page, complaints } = await open("#/quorum/members=6&quorum=3");
  await page.getByText("20 of the 62 ways to split in two (32.3 %)").waitFor();
  await page.getByRole("slider", { name: /^Quorum/ }).fill("4");
  await page.getByText("No split of the network gives two sides a quorum.").waitFor();
  assert.match(page.url(), /quorum=4/);
  await page.getByRole("columnheader", { name: /the shipped core, [1-9]/ }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("who leads decides how long a commit takes: chosen on the page, predicted, and measured in the simulator", {
  skip,
}, async () => {
  for (const viewport of [
    { width: 1280, height: 900 },
    { width: 390, height: 800 },
  ]) {
    const { page, complaints } = await open(
      "#/quorum/members=6&quorum=3&roundTrips=10,30,80,120,200&syncMs=2",
      viewport,
    );
    const card = page.getByRole("group", { name: "Commit latency" });
    await card.getByText("Member 3 decides: by round trip and sync it is number 3 of 6").waitFor();
    await card.getByRole("radio", { name: /^6/ }).check();
    await card.getByText("Member 4 decides: by round trip and sync it is number 3 of 6").waitFor();
    assert.match(page.url(), /leader=6/);
    const cells = card.getByRole("row", { name: /^6/ }).getByRole("cell");
    await card.getByText("320 commits in 8 worlds measured").waitFor();
    const [decides, p50, , measured] = await cells.allInnerTexts();
    assert.equal(decides, "4");
    assert.ok(Math.abs(Number(p50) - Number(measured)) < 1, `${measured} ms, and not ${p50} ms`);
    await card.getByLabel("Round trip between 5 and 6, in ms").fill("500");
    await card.getByLabel("Round trip between 5 and 6, in ms").press("Tab");
    await card.getByText("Member 3 decides: by round trip and sync it is number 3 of 6").waitFor();
    await page
      .getByRole("cell", { name: /^99\.\d+ %$/ })
      .first()
      .waitFor();
    assert.equal(await page.getByRole("cell", { name: /^100/ }).count(), 0);
    assert.deepEqual(await accessibility(page), []);
    assert.ok((await page.evaluate<number>("document.documentElement.scrollWidth")) <= viewport.width);
    assert.deepEqual(complaints, []);
    await page.close();
  }
});

const fixtures = fileURLToPath(new URL("../../../../packages/doctor/test/fixtures/etcd-3.4/", import.meta.url));

/** How many scripts the page has loaded. */
function scripts(page: Page): Promise<number> {
  return page.evaluate<number>(
    "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).length",
  );
}

test("logs of etcd are read in the page: who led, what ails the cluster, and where to watch it happen", {
  skip,
}, async () => {
  const { page, complaints } = await open("#/doctor");
  const before = await scripts(page);
  const files = ["m1.log", "m2.log", "m3.log"].map((name) => join(fixtures, "rejoining-member", name));
  await page.getByLabel("Log files").setInputFiles(files);
  const finding = page.getByRole("region", { name: "A rejoining member inflates the term" });
  await finding.waitFor();
  assert.equal(await scripts(page), before + 1, "the doctor's code comes with the first log, and not before");
  assert.equal(await page.locator(".timeline .lane").count(), 3);
  await page.getByText("m3 leads term 19").waitFor();
  assert.match(await finding.innerText(), /What to do now.*m\d\.log:\d+.*became candidate/s);
  await finding.getByRole("link", { name: "Pre-Vote against the term bomb" }).click();
  await page.getByRole("heading", { name: "Pre-Vote against the term bomb" }).waitFor();
  await page.goBack();
  await finding.waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("the sample and its findings can be read on a screen and on a phone, and by who does not see them", {
  skip,
}, async () => {
  for (const viewport of [
    { width: 1280, height: 900 },
    { width: 390, height: 800 },
  ]) {
    const { page, complaints } = await open("#/doctor", viewport);
    await page.getByRole("button", { name: "Show a sample" }).press("Enter");
    const finding = page.getByRole("region", { name: "A follower's log has long diverged" });
    await finding.getByText("leader.log:5").waitFor();
    for (const step of ["400100: term 11", "400050: term 10", "399000: term 8"]) {
      await finding.getByText(`index ${step}, and not 12`).waitFor();
    }
    const dots = await finding
      .locator(".refusals circle")
      .evaluateAll((all) => all.map((one) => [Number(one.getAttribute("cx")), Number(one.getAttribute("cy"))]));
    assert.ok(
      dots.every(([x = 0, y = 0], at) => at === 0 || (x > (dots[at - 1]?.[0] ?? 0) && y > (dots[at - 1]?.[1] ?? 0))),
    );
    const marks = page.locator(".timeline .mark");
    assert.deepEqual(await marks.evaluateAll((all) => all.map((one) => one.getAttribute("data-part"))), [
      "0.000",
      "0.333",
      "0.667",
      "1.000",
    ]);
    await page.getByRole("button", { name: /1, serious *A follower's log has long diverged: D/ }).press("Enter");
    assert.equal(await page.evaluate<string>("document.activeElement.id"), "finding-1");
    await finding.getByRole("link", { name: "Handler 4: going back one entry at a time" }).waitFor();
    assert.deepEqual(await accessibility(page), []);
    assert.ok((await page.evaluate<number>("document.documentElement.scrollWidth")) <= viewport.width);
    assert.deepEqual(complaints, []);
    await page.close();
  }
});

test("what is dropped on the page and is no log is said to be none; lines that are pasted are read", {
  skip,
}, async () => {
  const { page, complaints } = await open("#/doctor");
  await page.evaluate(`{
    const dataTransfer = new DataTransfer();
    const garbage = new Uint8Array(100_000).map((_, at) => (at * at) % 251);
    dataTransfer.items.add(new File([garbage], "core.dump"));
    document.querySelector("h1").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }`);
  await page.getByText("Nothing here could be read as a log of a Raft cluster.").waitFor();
  await page.getByText(/^core\.dump: no line is of a format that is known/).waitFor();
  await page.getByText("Or paste lines").click();
  await page.getByLabel("Lines of a log").fill("15:42:08 WARN raft: no space left on device\n");
  await page.getByRole("button", { name: "Examine these lines" }).click();
  await page.getByRole("region", { name: "No room left" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

/** Links that are whole and yet lead nowhere: another version may have named these. */
const nowhere: readonly LabRun["setup"][] = [
  { kind: "scenario", name: "no-such-scenario", broken: 0, leftAt: undefined },
  { kind: "scenario", name: "figure-8", broken: 9, leftAt: undefined },
  { kind: "free", members: 3, spares: 0, electionTimeoutMs: 1000, delayMs: 20, broken: ["no-such-rule"] },
];

test("a broken link says so, and shows a world all the same", { skip }, async () => {
  const moments = nowhere.map((setup) => encodeMoment({ version, run: { seed: 1, setup, actions: [] }, at: 0 }));
  for (const moment of ["!!!", "%", ...moments]) {
    const { page, complaints } = await open(`#/stage/${moment}`);
    await page.getByText("This link cannot be opened").waitFor();
    assert.equal(await page.locator(".member").count(), 6);
    assert.deepEqual(complaints, []);
    await page.close();
  }
});

test("a comparison that does not exist says so", { skip }, async () => {
  const page = await browser.newPage();
  for (const name of ["no-such", "%"]) {
    await page.goto(`${site.address}#/compare/${name}`);
    await page.getByText(`There is no comparison “${name}”`).waitFor();
  }
  await page.close();
});

test("the moment at which something fell is shown on both sides", { skip }, async () => {
  const { page, complaints } = await open("#/compare/stale-candidate");
  await page.getByRole("button", { name: "End", exact: true }).click();
  await page.locator(".side.is-broken .invariants").getByRole("button").first().click();
  const [shipped, broken] = [page.locator(".side.is-shipped"), page.locator(".side.is-broken")];
  await broken.locator(".member.is-leader").waitFor();
  assert.equal(await shipped.locator(".member.is-leader").count(), 0, "nobody was elected there yet");
  assert.match((await page.locator(".story .is-present").textContent()) ?? "", /links are mended/);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("what a reader loads at first is below 150 kB, compressed", { skip }, async () => {
  const page = await readFile(join(site.folder, "index.html"), "utf8");
  const names = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, name]) => name as string);
  assert.ok(names.length >= 2, "the script and the style");
  let bytes = gzipSync(page).length;
  for (const name of names) bytes += gzipSync(await readFile(join(site.folder, name))).length;
  assert.ok(bytes < 150_000, `${bytes} bytes`);
});
