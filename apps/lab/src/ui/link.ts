import { LabActionError } from "../world/lab-action.ts";
import { readLabRun, type LabRun } from "../world/lab-run.ts";

/** What a link to a moment of a run says; the version tells whether the same code would make the same history. */
export interface SharedMoment {
  readonly version: string;
  readonly run: LabRun;
  /** In µs. */
  readonly at: number;
}

/** As it stands behind the # of an address. */
export function encodeMoment(moment: SharedMoment): string {
  const bytes = new TextEncoder().encode(JSON.stringify(moment));
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @throws LabActionError for what is no link of the lab. */
export function decodeMoment(text: string): SharedMoment {
  let value: unknown;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new LabActionError("this link is broken: copy it whole");
  }
  const { version, run, at } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof version !== "string" || typeof at !== "number" || !(at >= 0)) {
    throw new LabActionError("this link is broken: copy it whole");
  }
  return { version, run: readLabRun(run), at };
}
