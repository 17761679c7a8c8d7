import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { linkTo, shareMoment } from "../../src/links/share.ts";
import { runOfFile } from "../../src/runs/run-report.ts";
import { SimulatedWorld } from "../../src/world/simulated-world.ts";
import { loadSimulatedWorlds } from "../../src/world/watched-world.ts";
import { assertAccessible, lookedAt, openPage, skip, useSite } from "./pages.ts";

const kept = fileURLToPath(
  new URL("../../../../packages/simulator/test/regressions/vote-without-log-check.json", import.meta.url),
);

const { address, browser } = useSite(kept);

const fell = "member 3 leads in term 2 without entry 2 of term 1, which was committed in an earlier term";

test("a kept run that is chosen plays to the event in which something fell, with the hash of the command line", {
  skip,
}, async () => {
  const { tape } = new SimulatedWorld(runOfFile(await readFile(kept, "utf8")));
  for (const screen of lookedAt) {
    const { page, complaints } = await openPage(browser(), `${address()}#/run`, screen);
    await page.getByLabel("File of a run").setInputFiles(kept);
    const summary = page.getByRole("group", { name: "What the run came to" });
    await summary.getByText(fell).waitFor();
    const text = (await summary.textContent()) ?? "";
    assert.ok(text.includes(`${tape.events.length} events, history ${tape.hash}: the very history`), text);
    await page.getByRole("heading", { name: "Something fell" }).waitFor();
    await page.getByText(`event ${tape.events.length} of ${tape.events.length}`).waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("heading", { name: "Everything holds" }).waitFor();
    await assertAccessible(page);
    assert.deepEqual(complaints, []);
    await page.close();
  }
});

test("the same run is open at once where `quorate lab` was given its file, and can be gone on with", {
  skip,
}, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/run/served`);
  await page.getByRole("heading", { name: "vote-without-log-check.json" }).waitFor();
  await page.getByRole("heading", { name: "Something fell" }).waitFor();
  await page.getByRole("button", { name: "Cut off" }).click();
  await page.getByText(/of the simulator, with cores, until you took over/).waitFor();
  await page.getByRole("button", { name: "One event on (right arrow)" }).click();
  await page.getByRole("heading", { name: "Something fell" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a file is dropped on any page but the doctor's; one that is no run is said to be none, and one too large", {
  skip,
}, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/stage`);
  const drop = async (name: string, content: string): Promise<void> => {
    await page.evaluate(`{
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([${JSON.stringify(content)}], ${JSON.stringify(name)}));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }`);
  };
  await drop("kept.json", await readFile(kept, "utf8"));
  await page.getByRole("group", { name: "What the run came to" }).getByText(fell).waitFor();
  await drop("notes.json", "{}");
  await page
    .getByRole("alert")
    .getByText(/notes\.json cannot be opened: This is not a run of the simulator/)
    .waitFor();
  await drop("large.json", " ".repeat(4_100_000));
  await page
    .getByRole("alert")
    .getByText(/large\.json cannot be opened: it has 4\.1 MB.*--shrink/)
    .waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a seed is run from a form and from a link, of cores and of whole members", { skip }, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/run`);
  await page.getByLabel("or the seed").fill("2");
  await page.getByLabel("with the planted bug").fill("votes are given without a look at the log");
  await page.keyboard.press("Enter");
  await page.getByRole("group", { name: "What the run came to" }).getByText("leader completeness").first().waitFor();
  assert.match(page.url(), /#\/run\/world=core&seed=2&bug=votes\+are/);
  await page.goto(`${address()}#/run/world=replica&seed=5`);
  const summary = page.getByRole("group", { name: "What the run came to" });
  await summary.getByText("Nothing fell.").waitFor();
  await page.getByRole("heading", { name: "Nothing fell in this run", level: 1 }).waitFor();
  assert.equal(await page.getByLabel("or the seed").inputValue(), "5");
  assert.equal(await page.getByLabel("of a world of").inputValue(), "replica");
  await summary.getByText("These are whole members").waitFor();
  assert.equal(await page.getByRole("button", { name: "Kill" }).count(), 0);
  await page.goto(`${address()}#/run/world=core&seed=-5`);
  await page.getByRole("alert").getByText("“-5” is no seed").waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test("where the code of the simulator does not come, that is said, and not that the file is wrong", {
  skip,
}, async () => {
  const { page } = await openPage(browser(), `${address()}#/run`);
  await page.route("**/simulated-world-*.js", (route) => route.abort());
  await page.getByLabel("File of a run").setInputFiles(kept);
  await page.getByRole("alert").getByText("what plays it could not be loaded").waitFor();
  const text = await readFile(kept, "utf8");
  const link = linkTo({ version: "0.1.0", run: runOfFile(text), at: 0 });
  await page.goto(`${address()}${link}`);
  await page.getByRole("alert").getByText("What plays this run could not be loaded").waitFor();
  await page.close();
});

test("a link into a kept run opens it at its moment", { skip }, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/run`);
  await loadSimulatedWorlds();
  const shared = shareMoment(runOfFile(await readFile(kept, "utf8")), 100_000);
  await page.goto(`${address()}${linkTo(shared)}`);
  await page.getByText(`This is the history that the sender of this link saw (hash ${shared.hash}).`).waitFor();
  await page.getByText(/^0\.100 s, event/).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});
