/**
 * Loaded before a member (`node --import`), in each of its threads: changes a few lines of the program while it is loaded.
 * The sizes of its files, so that a short load makes it roll segments, checkpoint and compact many times; and, where a test
 * asks for that, one of the syncs is left out, to show that the test would notice.
 */
import { registerHooks } from "node:module";
import { changesOf, type TextChange } from "./program-changes.ts";

const changes = changesOf((process.env["QUORATE_POWER_CUT_CHANGES"] ?? "").split(",").filter((name) => name !== ""));

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const wanted = changes.filter(({ file }) => file.test(url));
    if (wanted.length === 0 || loaded.source === undefined || loaded.source === null) return loaded;
    const text =
      typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString("utf8");
    return { ...loaded, source: wanted.reduce(apply, text) };
  },
});

function apply(text: string, { file, from, to }: TextChange): string {
  const parts = text.split(from);
  if (parts.length < 2)
    throw new Error(`the power-cut tests change ${from} in ${file.source}, which is not there any more`);
  return parts.join(to);
}
