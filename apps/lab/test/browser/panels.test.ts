import assert from "node:assert/strict";
import { test } from "node:test";
import type { Locator } from "playwright-core";
import { assertAccessible, lookedAt, openPage, skip, useSite } from "./pages.ts";

const { address, browser } = useSite();

/** Whether all of it is within what its box shows now, to the pixel or two of a border. */
function isInSight(part: Locator): Promise<boolean> {
  return part.evaluate((element) => {
    const [own, box] = [element.getBoundingClientRect(), element.closest(".scroll")!.getBoundingClientRect()];
    return own.left >= box.left - 2 && own.right <= box.right + 2;
  });
}

test("the newest entries are in sight on every screen, where each log ends, and who holds another entry of the term", {
  skip,
}, async () => {
  for (const screen of lookedAt) {
    const { page, complaints } = await openPage(browser(), `${address()}#/compare/joint-consensus`, screen);
    await page.getByRole("button", { name: "after 6 T", exact: true }).click();
    const [shipped, broken] = [".side.is-shipped", ".side.is-broken"].map((side) =>
      page.locator(side).getByRole("group", { name: "Logs", exact: true }),
    ) as [Locator, Locator];
    const rows = broken.locator("tbody tr");
    assert.ok(await isInSight(rows.first().locator("td.entry").last()));
    const ends = rows.first().locator("td.end");
    assert.ok(await isInSight(ends));
    const end = await ends.innerText();
    assert.ok(Number(end) > 60, end);
    assert.ok((await broken.locator("thead th").allInnerTexts()).includes(end));
    assert.match(await shipped.locator("tbody tr").nth(2).innerText(), /^3\s+\d+ entries behind the longest\s+\d+$/);
    assert.equal(await shipped.locator("td.is-split").count(), 0);
    const split = "2b: not the entry of term 2 that members 1, 2 hold here";
    const others = await rows.nth(3).getByRole("cell", { name: split }).count();
    assert.ok(others > 10, `${others}`);
    const own = /^2a: not the entry of term 2 that members? [3-5, ]+ holds? here$/;
    assert.equal(await rows.nth(0).getByRole("cell", { name: own }).count(), others);
    await broken
      .getByText(/^Of what is shown, at \d+ places from entry \d+ to \d+ members hold different entries/)
      .waitFor();
    await assertAccessible(page);
    assert.deepEqual(complaints, []);
    await page.close();
  }
});

test("a leader that is paused is drawn and named as the leader that it is, and members say for whom they voted", {
  skip,
}, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/stage`);
  const leader = page.locator(".member.is-leader");
  for (let count = 0; count < 10 && (await leader.count()) === 0; count++) await page.keyboard.press("n");
  const id = /^Member (\d+) leader term/.exec((await leader.getAttribute("aria-label")) ?? "")?.[1] ?? "";
  assert.equal(await leader.locator(".vote").textContent(), `vote ${id}`);
  const voters = page.getByRole("button", { name: new RegExp(`^Member \\d follower term 1 vote ${id}`) });
  assert.ok((await voters.count()) >= 1);
  await leader.click();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const paused = page.getByRole("button", { name: new RegExp(`^Member ${id} leader term 1 vote ${id}, paused`) });
  await paused.waitFor();
  assert.equal(await paused.locator(".role").textContent(), "leader");
  assert.equal(await paused.locator(".badge").textContent(), "paused ");
  await page.getByRole("group", { name: "Inspector" }).getByText("leader, paused").waitFor();
  assert.equal(await leader.count(), 0);
  await assertAccessible(page);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("what a member is stays within its circle, whatever the font", { skip }, async () => {
  const { page } = await openPage(browser(), `${address()}#/compare/joint-consensus`);
  await page.getByRole("button", { name: "after 6 T", exact: true }).click();
  const candidates = page.locator(".member.is-pre-candidate");
  assert.ok((await candidates.count()) > 0);
  for (const font of ["sans-serif", "monospace"]) {
    await page.addStyleTag({ content: `.stage text { font-family: ${font} }` });
    const isWithin = await candidates.first().evaluate((member) => {
      const [body, role] = [member.querySelector(".body"), member.querySelector(".role")];
      const [circle, text] = [body!.getBoundingClientRect(), role!.getBoundingClientRect()];
      return text.left > circle.left && text.right < circle.right;
    });
    assert.ok(isWithin, font);
  }
  await page.close();
});

test("over time messages have heads and a legend, and a shorter span makes their strokes lean", { skip }, async () => {
  const { page, complaints } = await openPage(browser(), `${address()}#/compare/figure-8`);
  await page.getByRole("button", { name: "after 0.3 T", exact: true }).click();
  const panel = page.locator(".closer.is-shipped").getByRole("group", { name: "Space and time" });
  const arrows = panel.locator(".space-time .arrow:not(.is-lost)");
  const widest = (): Promise<number> =>
    arrows.evaluateAll((found) =>
      Math.max(
        0,
        ...found.map((arrow) => {
          const [x1, x2] = ["x1", "x2"].map((name) => Number(arrow.querySelector(".shaft")?.getAttribute(name)));
          return (x2 ?? 0) - (x1 ?? 0);
        }),
      ),
    );
  const whole = await arrows.count();
  assert.ok(whole > 10, `${whole}`);
  assert.equal(await arrows.locator(".head").count(), whole);
  const before = await widest();
  const span = panel.getByRole("combobox", { name: "Shows" });
  await span.selectOption({ label: "250 ms" });
  const there = await widest();
  assert.ok(before > 0 && Math.abs(there - 4 * before) < before, `${before}, ${there}`);
  const legend = panel.getByRole("list", { name: "How messages are drawn" });
  assert.deepEqual(
    (await legend.getByRole("listitem").allInnerTexts()).map((text) => text.trim()),
    [
      "entries",
      "heartbeat, and what else is asked",
      "asks for a vote",
      "piece of a state",
      "answer: yes",
      "answer: no",
      "lost on its way",
    ],
  );
  const drawn = await legend.locator("svg").evaluateAll((found) =>
    found.map((one) => {
      const [shaft, head] = [one.querySelector(".shaft"), one.querySelector(".head")];
      const { getComputedStyle } = globalThis as unknown as {
        getComputedStyle: (of: unknown) => Record<string, string>;
      };
      const { strokeDasharray, strokeWidth } = getComputedStyle(shaft);
      return `${strokeDasharray} ${strokeWidth} ${head?.getAttribute("d")} ${head?.getAttribute("class")}`;
    }),
  );
  assert.equal(new Set(drawn).size, drawn.length, "each kind is told from the others without colour");
  await assertAccessible(page);
  assert.deepEqual(complaints, []);
  await page.close();
});
