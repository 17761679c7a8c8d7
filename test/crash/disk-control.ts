import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Undo } from "./lab-network.ts";

const preload = new URL("./slow-disk.mjs", import.meta.url);

/** How slow the disk of one member is: the lab's end of `slow-disk.mjs`. */
export class DiskControl {
  readonly #path: string;
  #delayMs = 0;

  constructor(folder: string, index: number) {
    this.#path = controlPath(folder, index);
  }

  /** What a member needs in its environment to be under control. */
  static environment(folder: string, index: number): Readonly<Record<string, string>> {
    const options = [process.env["NODE_OPTIONS"], `--import=${preload.href}`];
    return {
      NODE_OPTIONS: options.filter((option) => option !== undefined).join(" "),
      QUORATE_CRASH_DISK_CONTROL: controlPath(folder, index),
    };
  }

  /** Every sync takes this much longer until it is undone, those that wait already included. */
  delaySyncs(delayMs: number): Undo {
    this.#change(delayMs);
    return () => this.#change(-delayMs);
  }

  #change(byMs: number): void {
    this.#delayMs += byMs;
    // Renamed into place, so that the member never reads half a number.
    writeFileSync(`${this.#path}.new`, this.#delayMs.toFixed(0));
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function controlPath(folder: string, index: number): string {
  return join(folder, `disk-of-m${index + 1}`);
}
