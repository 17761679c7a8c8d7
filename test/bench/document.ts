import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../harness/quorate-command.ts";

const path = join(root, "docs", "benchmarks.md");
const begin = "<!-- npm run bench -- --update-docs writes from here -->";
const end = "<!-- to here -->";

/** Puts the results in the place of those before, between the two markers of docs/benchmarks.md. */
export function updateDocument(results: string): void {
  writeFileSync(path, withResults(readFileSync(path, "utf8"), results));
}

/** The document with other results. Fails when it lacks a marker. */
export function withResults(document: string, results: string): string {
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`docs/benchmarks.md must contain "${begin}" and, after it, "${end}"`);
  return `${document.slice(0, from + begin.length)}\n${results}\n${document.slice(to)}`;
}
