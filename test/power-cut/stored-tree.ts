import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Survivor } from "./survivors.ts";

/** Writes what survived to a real directory; nothing at all when the directory itself is gone. */
export function writeTree(path: string, survivor: Survivor | undefined): void {
  if (survivor === undefined) return;
  if (survivor.kind === "file") {
    writeFileSync(path, survivor.bytes);
    return;
  }
  mkdirSync(path);
  for (const [name, child] of survivor.entries) writeTree(join(path, name), child);
}

/** Where a real directory differs from what it should hold; empty when it does not. */
export function differences(path: string, expected: Survivor & { readonly kind: "directory" }): readonly string[] {
  const found: string[] = [];
  const entries = readdirSync(path, { withFileTypes: true });
  for (const name of expected.entries.keys()) {
    if (!entries.some((entry) => entry.name === name)) found.push(`${join(path, name)} is missing`);
  }
  for (const entry of entries) {
    const place = join(path, entry.name);
    const child = expected.entries.get(entry.name);
    if (child === undefined) found.push(`${place} is not in the model`);
    else if (child.kind === "directory") found.push(...differences(place, child));
    else if (child.inDoubt !== true && !readFileSync(place).equals(child.bytes))
      found.push(`${place} holds other bytes than the model`);
  }
  return found;
}
