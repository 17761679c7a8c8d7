import { readFileSync } from "node:fs";
import { bugOf, parseRunFile, RunFileError } from "@quorate/simulator";
import type { RunFile } from "@quorate/simulator";
import { UsageError } from "../errors.ts";

/** A kept run, as its text and what that says. @throws UsageError for a file that is none, or that nobody here can play */
export function readRun(path: string): { readonly text: string; readonly file: RunFile } {
  try {
    const text = readFileSync(path, "utf8");
    const file = parseRunFile(text);
    bugOf(file);
    return { text, file };
  } catch (error) {
    const unreadable = error instanceof RunFileError || (error as NodeJS.ErrnoException).code !== undefined;
    if (!unreadable) throw error;
    throw new UsageError(`${path}: ${(error as Error).message}`);
  }
}
