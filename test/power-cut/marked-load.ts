import { accessSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { openCalls, type Calls } from "../../packages/cli/src/client/calls.ts";
import { deleteRange, put } from "../../packages/cli/src/client/etcd-methods.ts";
import { revisionOf } from "../../packages/cli/src/client/print.ts";
import { requestOf } from "./requests.ts";
import { markFolder } from "./strace-output.ts";

/**
 * Clients that write without a pause. Before each request and after each answer they look for a file that does not exist:
 * the tracer sees that, so that what was asked and acknowledged stands in one order with what happened to the files.
 */
export class MarkedLoad {
  readonly #folder: string;
  readonly #seed: number;
  readonly #next: { id: number };
  readonly #calls: readonly Calls[];
  readonly #writers: Promise<void>[] = [];
  #running = true;
  /** Requests that were answered. */
  answered = 0;

  /** `next` numbers the requests over all loads of a recording. */
  constructor(folder: string, seed: number, next: { id: number }, endpoints: readonly string[], writersEach: number) {
    this.#folder = folder;
    this.#seed = seed;
    this.#next = next;
    this.#calls = endpoints.map((endpoint) => openCalls([endpoint], 3000));
    for (const calls of this.#calls) {
      for (let writer = 0; writer < writersEach; writer++) this.#writers.push(this.#write(calls));
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#writers);
    for (const calls of this.#calls) calls.close();
  }

  async #write(calls: Calls): Promise<void> {
    while (this.#running) {
      const id = this.#next.id++;
      const request = requestOf(this.#seed, id);
      const key = Buffer.from(request.key);
      this.#mark(`ask/${id}`);
      try {
        const response =
          request.kind === "put"
            ? await calls.call(put, { key, value: Buffer.from(request.value) })
            : await calls.call(deleteRange, { key });
        // A deletion that found nothing made no revision of its own.
        if (!("deleted" in response) || response.deleted > 0n) {
          this.#mark(`acknowledged/${id}/${revisionOf(response)}`);
        }
        this.answered++;
      } catch {
        await delay(20);
      }
    }
  }

  #mark(what: string): void {
    try {
      accessSync(`${this.#folder}/${markFolder}/${what}`);
    } catch {
      // It never exists.
    }
  }
}
