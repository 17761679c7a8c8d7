// What `npm test` shows of a `node --test` run: failures in full, skipped tests with their reasons, and what tests
// report about themselves (t.diagnostic). The counts go to the file named by QUORATE_TEST_COUNTS.
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { inspect } from "node:util";

/** @param {AsyncIterable<{ type: string, data: Record<string, any> }>} source */
export default async function* report(source) {
  const failures = [];
  const skips = [];
  for await (const { type, data } of source) {
    if (type === "test:fail" && data.details.error?.failureType !== "subtestsFailed") {
      failures.push(name(data));
      yield `  \u2718 ${name(data)}\n${indent(describe(data.details.error))}\n`;
    } else if (type === "test:pass" && data.skip !== undefined) {
      skips.push(`${data.name}${typeof data.skip === "string" && data.skip !== "" ? ` (${data.skip})` : ""}`);
    } else if (type === "test:diagnostic" && data.file !== undefined) {
      yield `${indent(data.message)}\n`;
    } else if (type === "test:stdout" || type === "test:stderr") {
      yield indent(data.message.trimEnd()) + "\n";
    } else if (type === "test:summary" && data.file === undefined) {
      const { passed, failed, cancelled, skipped, todo } = data.counts;
      const path = process.env["QUORATE_TEST_COUNTS"];
      if (path)
        writeFileSync(
          path,
          JSON.stringify({ passed, failed: failed + cancelled, skipped: skipped + todo, failures, skips }),
        );
    }
  }
}

function name(data) {
  const where = data.file === undefined ? "" : `${relative(process.cwd(), data.file)}:${data.line ?? 0}  `;
  return `${where}${data.name}`;
}

function describe(error) {
  const cause = error?.cause ?? error;
  return typeof cause === "string" ? cause : inspect(cause, { colors: process.stdout.isTTY });
}

function indent(text) {
  return text.replace(/^/gm, "      ");
}
