import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { UsageError } from "../errors.ts";
import type { Setting } from "./gather-settings.ts";

/** Larger than any config of these options by far; a wrong path must not fill the memory. */
const maxConfigBytes = 1024 * 1024;

/** Reads a config file: YAML (hence JSON too) with the flags' names as keys. Fails with `UsageError`. */
export function readConfigFile(path: string): Readonly<Record<string, Setting>> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`The config file ${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  return parseConfig(text, path);
}

/** The settings of a config's text; `path` is for messages. A list of values stands for one value with commas. */
export function parseConfig(text: string, path: string): Readonly<Record<string, Setting>> {
  if (text.length > maxConfigBytes) throw new UsageError(`The config file ${path} is larger than 1 MiB.`);
  const document = parseDocument(text);
  const problem = document.errors[0];
  if (problem !== undefined) throw new UsageError(`The config file ${path} is not valid YAML: ${problem.message}`);
  const content: unknown = document.toJS({ maxAliasCount: 0 });
  if (content === null) return {};
  if (typeof content !== "object" || Array.isArray(content)) {
    throw new UsageError(`The config file ${path} must hold "option: value" lines, such as "name: infra1".`);
  }
  const settings: Record<string, Setting> = {};
  for (const [key, value] of Object.entries(content)) {
    const origin = `config file ${path}, key ${key}`;
    settings[key] = { value: asText(value as unknown, origin), origin };
  }
  return settings;
}

function asText(value: unknown, origin: string): string {
  if (Array.isArray(value)) return value.map((item) => asText(item as unknown, origin)).join(",");
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new UsageError(`A text or a number is needed (${origin}).`);
}
