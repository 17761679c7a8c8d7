import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { UsageError } from "../errors.ts";

/** Asks at the terminal, without showing what is typed. Fails with `UsageError` where there is none; `instead` says what else to give. */
export async function askForPassword(question: string, instead: string): Promise<string> {
  if (!process.stdin.isTTY) throw new UsageError(`There is no terminal to ask for a password: give ${instead}.`);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // First: from here on the terminal shows nothing of what is typed.
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 });
  process.stderr.write(question);
  try {
    return await lines.question("");
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}
