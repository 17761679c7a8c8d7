import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible, lookedAt, openPage, skip, useSite } from "./pages.ts";

const { address, browser } = useSite();

test("under each side of a comparison stands what clients were answered; the stale read is named on the right", {
  skip,
}, async () => {
  for (const viewport of lookedAt) {
    const { page, complaints } = await openPage(browser(), `${address()}#/compare/phantom-leader`, viewport);
    const [left, right] = [page.locator(".side.is-shipped"), page.locator(".side.is-broken")];
    await right.getByText("Linearizable so far.").waitFor();
    await page.getByRole("button", { name: "after 1.6 T", exact: true }).click();
    await right.getByText(/Not linearizable: the read of member 3 .* write 3 \(entry 5\) had been answered/).waitFor();
    await left.getByText("Linearizable so far.").waitFor();
    await right.getByRole("img", { name: /^Calls of clients from .*member 3, reads nothing, stale/ }).waitFor();
    await left.getByRole("img", { name: /^Calls of clients from .*member 3, read, (refused|no answer)/ }).waitFor();
    assert.equal(await right.locator(".call.of-write.is-answered line").count(), 3);
    await right.getByText("The newest in words, and what the verdict covers").click();
    const newest = right.getByRole("list", { name: "The newest calls of clients" }).getByRole("listitem").first();
    assert.match(await newest.innerText(), /a read, of member 3: answered after 0\.0 ms, reads nothing as of entry 1/);
    await assertAccessible(page);
    assert.deepEqual(complaints, []);
    await page.close();
  }
});
