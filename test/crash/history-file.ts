import { closeSync, openSync, writeSync } from "node:fs";

const flushBytes = 64 * 1024;

/** The history on disk: one JSON object a line, in the order in which operations ended. */
export class HistoryFile {
  readonly path: string;
  lines = 0;
  readonly #descriptor: number;
  #waiting = "";

  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, "w");
  }

  add(line: object): void {
    this.lines += 1;
    this.#waiting += `${JSON.stringify(line)}\n`;
    if (this.#waiting.length > flushBytes) this.flush();
  }

  flush(): void {
    writeSync(this.#descriptor, this.#waiting);
    this.#waiting = "";
  }

  close(): void {
    this.flush();
    closeSync(this.#descriptor);
  }
}
