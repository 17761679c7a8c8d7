import { readFileSync } from "node:fs";
import { UsageError } from "../errors.ts";

/** All of it. `wanted` names what is asked for where a terminal would keep us waiting. Fails with `UsageError`. */
export function readStandardInput(wanted: string): Buffer {
  if (process.stdin.isTTY) throw new UsageError(`${wanted} is needed: as an argument, or on standard input.`);
  return readFileSync(0);
}

export function readStandardInputLine(): string {
  return readFileSync(0, "utf8").split(/\r?\n/, 1)[0] ?? "";
}
