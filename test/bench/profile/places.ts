import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../../harness/quorate-command.ts";
import type { CpuProfileNode } from "./inspector.ts";

/** Where a function is, as a person looks for it. */
export interface Place {
  readonly name: string;
  /** "packages/raft", "node:net", "node_modules/classic-level", or "native" for what is not JavaScript. */
  readonly module: string;
  /** "packages/raft/src/commit.ts"; the same as `module` for what has no file here. */
  readonly file: string;
  /** From 1; 0 where there is none. */
  readonly line: number;
}

const sourceMaps = new Map<string, SourceMap | undefined>();

/** The place of a node of a profile: built JavaScript is mapped back to its TypeScript. */
export function placeOf({ callFrame }: CpuProfileNode): Place {
  const { functionName, url, lineNumber, columnNumber } = callFrame;
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return { name: native(name), module: native(name), file: native(name), line: 0 };
  if (!url.startsWith("file:")) return { name, module: url, file: url, line: lineNumber + 1 };
  const path = fileURLToPath(url);
  const entry = sourceMapOf(path)?.findEntry(lineNumber, columnNumber);
  const mapped = entry !== undefined && "originalLine" in entry;
  const file = relative(root, path).replace(/^packages\/([^/]+)\/dist\/(.*)\.js$/, "packages/$1/src/$2.ts");
  return { name, module: moduleOf(file), file, line: (mapped ? entry.originalLine : lineNumber) + 1 };
}

/** V8's own states stand in brackets already: "(idle)", "(program)", "(garbage collector)". */
function native(name: string): string {
  return name.startsWith("(") ? name : `${name} (native)`;
}

function moduleOf(file: string): string {
  const found = /^packages\/[^/]+|(?:^|.*\/)node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file);
  return found?.[0] ?? file;
}

function sourceMapOf(path: string): SourceMap | undefined {
  if (!sourceMaps.has(path)) {
    const map = `${path}.map`;
    sourceMaps.set(path, existsSync(map) ? new SourceMap(JSON.parse(readFileSync(map, "utf8"))) : undefined);
  }
  return sourceMaps.get(path);
}
