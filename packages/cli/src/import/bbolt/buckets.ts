import { damaged, PageFile, readPage, type Entry, type Page } from "./pages.ts";

/** A bucket of the root, entry by entry in the order of its keys; nothing when there is none of that name. */
export async function* readBucket(file: PageFile, name: string): AsyncGenerator<Entry> {
  for await (const entry of entriesBelow(file, await file.page(file.rootPage), { left: file.pageCount })) {
    if (!entry.isBucket || entry.key.toString() !== name) continue;
    yield* entriesBelow(file, await rootOf(file, entry.value), { left: file.pageCount });
    return;
  }
}

/** A tree has each page once: damaged ones that lead in circles are found by that. */
interface PageBudget {
  left: number;
}

/** A small bucket lies in its own entry. */
function rootOf(file: PageFile, header: Buffer): Page | Promise<Page> {
  if (header.length < 16) throw damaged("a bucket has no header");
  const root = header.readBigUInt64LE(0);
  return root === 0n ? readPage(header.subarray(16)) : file.page(root);
}

async function* entriesBelow(file: PageFile, page: Page, pages: PageBudget): AsyncGenerator<Entry> {
  if (page.kind === "leaf") {
    yield* page.entries;
    return;
  }
  for (const { child } of page.entries) {
    if (pages.left === 0) throw damaged("its tree has no end");
    pages.left -= 1;
    yield* entriesBelow(file, await file.page(child), pages);
  }
}
