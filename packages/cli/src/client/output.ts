import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { etcdctlJson, fieldLines } from "./etcdctl-output.ts";

/** "simple" is for people, "json" is etcdctl's JSON, "fields" one line for each field of the answer. */
export const formats = ["simple", "table", "json", "fields"] as const;

export interface OutputFlags {
  /** Our own JSON: one line, text where bytes are text, numbers where they are exact. */
  readonly json?: boolean;
  readonly writeOut?: (typeof formats)[number];
}

/** What a command has to show. */
export interface Shown<Schema extends DescMessage = DescMessage> {
  /** With a newline at its end, or empty. */
  readonly text: string;
  readonly json: unknown;
  /** The answer as it came, for etcdctl's formats; where there is none `json` takes its place. */
  readonly schema?: Schema;
  readonly answer?: MessageShape<Schema>;
}

export function show<Schema extends DescMessage>(flags: OutputFlags, shown: Shown<Schema>): void {
  process.stdout.write(rendered(flags, shown));
}

export function rendered<Schema extends DescMessage>(
  flags: OutputFlags,
  { text, json, schema, answer }: Shown<Schema>,
): string {
  if (flags.json === true) return `${JSON.stringify(json)}\n`;
  const isAnswer = schema !== undefined && answer !== undefined;
  if (flags.writeOut === "json") return `${isAnswer ? etcdctlJson(schema, answer) : JSON.stringify(json)}\n`;
  if (flags.writeOut === "fields" && isAnswer) return fieldLines(schema, answer);
  return text;
}

/** Columns of equal width, two spaces apart, under a heading. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${text.join("\n")}\n`;
}
