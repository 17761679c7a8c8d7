import { historyVersion } from "./history-version.ts";
import { LabActionError } from "../world/lab-action.ts";
import { readLabRun, type LabRun } from "../world/lab-run.ts";

/** What a link to a moment of a run says. */
export interface SharedMoment {
  /** Who made it: see `historyVersion`. */
  readonly version: string;
  readonly run: LabRun;
  /** In µs. */
  readonly at: number;
  /** Of the history up to that moment, as its sender saw it; undefined in a link that was made without a look at it. */
  readonly hash?: string | undefined;
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
  const { version, run, at, hash } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isHash = hash === undefined || (typeof hash === "string" && /^[0-9a-f]{16}$/.test(hash));
  if (typeof version !== "string" || typeof at !== "number" || !(at >= 0) || !isHash) {
    throw new LabActionError("this link is broken: copy it whole");
  }
  try {
    return { version, run: readLabRun(run), at, hash };
  } catch (error) {
    if (!(error instanceof LabActionError) || version === historyVersion()) throw error;
    throw new LabActionError(`${error.message}. It was made with version ${version}, and this is ${historyVersion()}`, {
      cause: error,
    });
  }
}
