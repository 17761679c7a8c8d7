import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { HostError, type Logger } from "@quorate/host";
import type { StateContents } from "@quorate/store";
import { completion } from "../../completion.ts";
import { EtcdError, refusals } from "../../errors.ts";
import { membersOf } from "../../members.ts";
import { replicaRefusal } from "../../replica-errors.ts";
import type { ServiceParts } from "../../service-parts.ts";
import { DatabaseFile } from "../bbolt/database-file.ts";
import { writeBuckets } from "./etcd-buckets.ts";
import { inRevisionOrder } from "./revision-order.ts";

/** Files of snapshots at a time: each takes the space of a state until it is sent. */
const maxSnapshots = 2;
/** Until a checkpoint covers all that was committed when the snapshot was asked for, and between two looks, in ms. */
const checkpointMs = 60_000;
const lookMs = 20;

export interface SnapshotFile {
  /** In bytes. */
  readonly size: number;
  read(position: number, bytes: number): Promise<Buffer>;
  /** Removes it. */
  close(): Promise<void>;
}

export interface SnapshotsParts {
  /** Where files are made and removed again; what an end of the process left in it is removed at start. */
  readonly folder: string;
  readonly replica: ServiceParts["replica"];
  readonly store: ServiceParts["store"];
  readonly logger: Logger;
}

/**
 * The state as etcd would keep it, in a file: etcd sorts by revisions and we by keys, and the head of a bbolt file says where the rest of
 * it begins, so that it cannot be sent while it is made. Memory does not grow with the state; the disk has to hold it twice meanwhile.
 */
export class Snapshots {
  readonly #parts: SnapshotsParts;
  readonly #ready: Promise<void>;
  readonly #closing = new AbortController();
  #open = 0;

  constructor(parts: SnapshotsParts) {
    this.#parts = parts;
    this.#ready = rm(parts.folder, { recursive: true, force: true });
    this.#ready.catch((error: unknown) => parts.logger.warn(`old snapshots could not be removed: ${String(error)}`));
  }

  /** The state with everything in it that was committed when it was asked for. Rejects with `EtcdError`. */
  async make(): Promise<SnapshotFile> {
    if (this.#open >= maxSnapshots) throw refusals.tooManyRequests();
    this.#open++;
    let folder: string | undefined;
    try {
      await this.#ready;
      const contents = await this.#contents();
      try {
        await mkdir(this.#parts.folder, { recursive: true, mode: 0o700 });
        folder = await mkdtemp(join(this.#parts.folder, "made-"));
        return await this.#write(contents, folder);
      } finally {
        contents.close();
      }
    } catch (error) {
      await this.#discard(folder);
      throw refusalOf(error);
    }
  }

  /** Makes no more of them; files that are being sent are removed when their calls end. */
  close(): void {
    this.#closing.abort();
  }

  async #contents(): Promise<StateContents> {
    const { replica, store } = this.#parts;
    const index = await new Promise<number>((resolve, reject) => {
      replica.readBarrier((error, barrier) => (error === undefined ? resolve(barrier) : reject(replicaRefusal(error))));
    });
    const deadline = performance.now() + checkpointMs;
    while (store.checkpointed.index < index) {
      if (this.#closing.signal.aborted) throw refusals.stopped();
      if (performance.now() > deadline) throw refusals.timeout();
      replica.requestCheckpoint();
      await delay(lookMs, undefined, { ref: false });
    }
    return completion<StateContents>((done) => store.openContents(done));
  }

  async #write(contents: StateContents, folder: string): Promise<SnapshotFile> {
    const file = await DatabaseFile.make(join(folder, "db"));
    try {
      const versions = inRevisionOrder(contents, join(folder, "order"));
      await writeBuckets(file, contents, versions, membersOf(this.#parts));
      const size = await file.finish();
      return {
        size,
        read: (position, bytes) => file.read(position, bytes),
        close: async () => {
          await file.close();
          await this.#discard(folder);
        },
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #discard(folder: string | undefined): Promise<void> {
    this.#open--;
    if (folder === undefined) return;
    await rm(folder, { recursive: true, force: true }).catch((error: unknown) =>
      this.#parts.logger.warn(`a snapshot could not be removed: ${String(error)}`),
    );
  }
}

function refusalOf(error: unknown): EtcdError {
  if (error instanceof EtcdError) return error;
  if (error instanceof HostError && error.code === "corrupt") return refusals.corrupt();
  return refusals.snapshotFailed(error instanceof Error ? error.message : String(error));
}
