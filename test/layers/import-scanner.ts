/** One place where a source file names another module. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/**
 * Every module that TypeScript source names: static imports and exports, dynamic imports, types by `import("...")`,
 * `require`, and modules loaded as workers through `new URL("...", import.meta.url)`.
 *
 * It relies on the repository's format (checked by `npm test`): a static import starts a line and uses double quotes.
 */
export function findImports(source: string): readonly Import[] {
  const code = blankComments(source);
  const found: Import[] = [];
  for (const pattern of patterns) {
    for (const match of code.matchAll(pattern)) {
      const specifier = match[1] ?? "";
      const line = code.slice(0, match.index).split("\n").length;
      found.push({ specifier, line });
    }
  }
  return found.sort((left, right) => left.line - right.line);
}

const patterns = [
  // import x from "a", import { a, b } from "a" over several lines, export * from "a"
  /^[ \t]*(?:import|export)\b[^;"'`()]*?\bfrom\s*"([^"\n]+)"/gm,
  // import "a"
  /^[ \t]*import\s*"([^"\n]+)"/gm,
  // import("a"), in code and in types; require("a")
  /\b(?:import|require)\s*\(\s*"([^"\n]+)"/g,
  /\bnew\s+URL\(\s*"([^"\n]+)"\s*,\s*import\.meta\.url/g,
];

/** Replaces comments by spaces, so that positions stay; a string that holds "//" or "/*" is left as it is. */
function blankComments(source: string): string {
  const token = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return source.replace(token, (text) => (text.startsWith("/") ? text.replace(/[^\n]/g, " ") : text));
}
