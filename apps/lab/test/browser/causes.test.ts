import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible, openPage, screens, skip, useSite } from "./pages.ts";

const { address, browser } = useSite();

test("what led to a violation is told in steps, which lead to their moments, and drawn over space and time", {
  skip,
}, async () => {
  for (const screen of screens) {
    const { page, complaints } = await openPage(browser(), `${address()}#/compare/stale-candidate`, screen);
    await page.getByRole("button", { name: "End", exact: true }).click();
    const broken = page.locator(".side.is-broken");
    const picture = page.locator(".closer.is-broken .space-time");
    const fallen = broken.locator(".invariants li.fell", { hasText: "leader completeness" });
    // With the keyboard alone.
    await fallen.getByRole("button", { name: "What led to it" }).press("Enter");
    const causes = broken.getByRole("region", { name: "What led to it: leader completeness" });
    const steps = causes.getByRole("listitem");
    await steps.filter({ hasText: "the broken rule isUpToDate says" }).waitFor();
    const count = await steps.count();
    assert.ok(count >= 4);
    const drawn = picture.locator(".chain .step");
    await drawn.nth(count - 1).waitFor();
    assert.equal(await drawn.count(), count);
    await assertAccessible(page);
    const end = await broken.locator(".stage").innerHTML();
    await steps.first().getByRole("button").press("Enter");
    assert.notEqual(await broken.locator(".stage").innerHTML(), end, "the stage shows an earlier moment");
    await broken.getByRole("heading", { name: "Everything holds" }).waitFor();
    assert.equal(await steps.count(), count, "and the steps stay, though nothing has fallen there yet");
    await causes.getByRole("button", { name: "Close" }).click();
    await picture.locator(".chain").waitFor({ state: "detached" });
    assert.deepEqual(complaints, []);
    await page.close();
  }
});
