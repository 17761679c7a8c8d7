import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Examination, type Report } from "../src/index.ts";

export function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** What the doctor says of these logs: their names, and their texts. */
export function examine(logs: Readonly<Record<string, string | Uint8Array>>): Report {
  const examination = new Examination({ decode });
  for (const [name, text] of Object.entries(logs)) {
    const source = examination.source(name);
    source.push(typeof text === "string" ? new TextEncoder().encode(text) : text);
    source.end();
  }
  return examination.report();
}

export function examineFolder(folder: string): Report {
  return examine(Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))])));
}

export function idsOf({ findings }: Report, severity?: string): readonly string[] {
  return [
    ...new Set(findings.filter((one) => severity === undefined || one.severity === severity).map(({ id }) => id)),
  ];
}
