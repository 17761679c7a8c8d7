import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FailureError } from "../errors.ts";

/** Where the members of a local cluster live. Peer addresses are part of a member's identity, so they are kept. */
export interface DevLayout {
  readonly members: readonly DevMember[];
}

export interface DevMember {
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
}

const fileName = "cluster.json";

/** The layout that an earlier run wrote; undefined for a new folder. Fails with `FailureError` when it is unreadable. */
export function readLayout(folder: string): DevLayout | undefined {
  const path = join(folder, fileName);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new FailureError(`${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  const layout = parseLayout(text);
  if (layout === undefined) {
    throw new FailureError(
      `${path} is damaged. Remove the folder ${folder} to begin anew, or choose another --data-dir.`,
    );
  }
  return layout;
}

function parseLayout(text: string): DevLayout | undefined {
  try {
    const { members } = JSON.parse(text) as { members?: unknown };
    if (!Array.isArray(members) || members.length === 0 || !members.every(isDevMember)) return undefined;
    return { members };
  } catch {
    return undefined;
  }
}

function isDevMember(value: unknown): value is DevMember {
  if (typeof value !== "object" || value === null) return false;
  const { name, clientPort, peerPort } = value as Record<string, unknown>;
  return typeof name === "string" && Number.isInteger(clientPort) && Number.isInteger(peerPort);
}

/** Keeps the layout for later runs: written aside and renamed, so that a crash leaves the old one or the new one. */
export function writeLayout(folder: string, layout: DevLayout): void {
  mkdirSync(folder, { recursive: true });
  const temporary = join(folder, `${fileName}.new`);
  writeFileSync(temporary, `${JSON.stringify(layout, undefined, 2)}\n`);
  renameSync(temporary, join(folder, fileName));
}
