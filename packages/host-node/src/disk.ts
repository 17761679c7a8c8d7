import { MessageChannel, Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { HostError } from "@quorate/host";
import type { Callback, DirectoryEntry, DirectoryLock, Disk, DiskFile, Done } from "@quorate/host";
import { holdLock } from "./directory-lock.ts";
import type { DiskOperation, DiskReply, DiskRequest, DiskWorkerData } from "./disk-protocol.ts";
import type { Failure } from "./errno.ts";

/** The worker beside this module: TypeScript source or built JavaScript, whichever this is. */
const workerUrl = new URL(import.meta.url.endsWith(".ts") ? "./disk-worker.ts" : "./disk-worker.js", import.meta.url);

interface Pending {
  /** For the message of an error: "open /data/wal". */
  readonly action: string;
  readonly subject: string;
  readonly complete: (error: HostError | undefined, value: never) => void;
}

/** Asks the worker for an operation. `complete` is called exactly once, later, in the order of asking. */
type Ask = (operation: DiskOperation, action: string, subject: string, complete: Pending["complete"]) => void;

/**
 * Files on Node.js. One worker thread of its own performs everything, one operation after the other: a sync never waits
 * behind work of other parts of the program, and a stalled device never stops the event loop. Reads wait behind syncs
 * too; who reads much (catching up a follower) reads in bounded pieces, which lets syncs in between.
 *
 * What callers have under way is theirs to bound. A process stays alive while operations are under way, and no longer.
 */
export class NodeDisk implements Disk {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #signal = new Int32Array(new SharedArrayBuffer(4));
  readonly #pending = new Map<number, Pending>();
  readonly #locks = new Set<DirectoryLock>();
  #requests = 0;
  #files = 0;
  /** Why nothing is possible any more. */
  #stopped: Failure | undefined;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    const data: DiskWorkerData = { port: port2, signal: this.#signal };
    // The program's own flags do not concern the worker, and some of them (--input-type) would keep it from starting.
    this.#worker = new Worker(workerUrl, {
      name: "quorate-disk",
      workerData: data,
      transferList: [port2],
      execArgv: [],
    });
    this.#port = port1;
    this.#port.on("message", (reply: DiskReply) => this.#answer(reply));
    this.#worker.on("error", (error) => this.#fail(`the disk's worker thread failed: ${String(error)}`));
    this.#worker.on("exit", (code) => this.#fail(`the disk's worker thread ended with code ${code}`));
    this.#keepAlive(false);
  }

  create(path: string, done: Callback<DiskFile>): void {
    this.#openFile("create", path, done);
  }

  open(path: string, done: Callback<DiskFile>): void {
    this.#openFile("open", path, done);
  }

  list(directory: string, done: Callback<readonly DirectoryEntry[]>): void {
    this.#ask({ kind: "list", path: directory }, "list", directory, done);
  }

  makeDirectory(directory: string, done: Done): void {
    this.#ask({ kind: "makeDirectory", path: directory }, "make the directory", directory, done);
  }

  rename(from: string, to: string, done: Done): void {
    this.#ask({ kind: "rename", path: from, to }, `rename to ${to} the file`, from, done);
  }

  remove(path: string, done: Done): void {
    this.#ask({ kind: "remove", path }, "remove", path, done);
  }

  removeDirectory(directory: string, done: Done): void {
    this.#ask({ kind: "removeDirectory", path: directory }, "remove the directory", directory, done);
  }

  syncDirectory(directory: string, done: Done): void {
    this.#ask({ kind: "syncDirectory", path: directory }, "sync the directory", directory, done);
  }

  lock(directory: string, done: Callback<DirectoryLock>): void {
    this.#ask({ kind: "prepareLock", path: directory }, "lock", directory, (error, place: string) => {
      if (error !== undefined) {
        done(error, undefined as never);
        return;
      }
      holdLock(directory, place, (failed, held) => {
        if (failed !== undefined) {
          done(failed, undefined as never);
          return;
        }
        const lock: DirectoryLock = {
          release: (released) => {
            this.#locks.delete(lock);
            held.release(released);
          },
        };
        this.#locks.add(lock);
        done(undefined, lock);
      });
    });
  }

  /**
   * Completes what is under way, releases the locks, closes the files and ends the worker. Whatever is asked for
   * afterwards fails with `closed`.
   */
  close(done: Done): void {
    if (this.#stopped !== undefined) {
      process.nextTick(done, undefined);
      return;
    }
    this.#request({ kind: "stop" }, { action: "stop", subject: "the disk", complete: () => this.#releaseAll(done) });
    this.#stopped = { code: "closed", reason: "the disk is closed" };
  }

  readonly #ask: Ask = (operation, action, subject, complete) => {
    if (this.#stopped === undefined) {
      this.#request(operation, { action, subject, complete });
      return;
    }
    const error = describeFailure(action, subject, this.#stopped);
    process.nextTick(() => complete(error, undefined as never));
  };

  #request(operation: DiskOperation, pending: Pending): void {
    const request: DiskRequest = { id: this.#requests++, operation };
    if (this.#pending.size === 0) this.#keepAlive(true);
    this.#pending.set(request.id, pending);
    this.#port.postMessage(request, "bytes" in operation ? [operation.bytes.buffer] : []);
    Atomics.add(this.#signal, 0, 1);
    Atomics.notify(this.#signal, 0);
  }

  #openFile(kind: "create" | "open", path: string, done: Callback<DiskFile>): void {
    const file = this.#files++;
    this.#ask({ kind, path, file }, kind, path, (error) => {
      if (error === undefined) done(undefined, new NodeDiskFile(path, file, this.#ask));
      else done(error, undefined as never);
    });
  }

  #answer({ id, failure, value }: DiskReply): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#keepAlive(false);
    const error = failure === undefined ? undefined : describeFailure(pending.action, pending.subject, failure);
    pending.complete(error, value as never);
  }

  /** The worker is gone. What it was doing may or may not have happened. */
  #fail(reason: string): void {
    const failure: Failure = { code: "io", reason };
    this.#stopped ??= failure;
    this.#port.close();
    for (const id of this.#pending.keys()) this.#answer({ id, failure, value: undefined });
  }

  /** Whether the worker keeps the process alive. */
  #keepAlive(alive: boolean): void {
    if (alive) {
      this.#port.ref();
      this.#worker.ref();
    } else {
      this.#port.unref();
      this.#worker.unref();
    }
  }

  #releaseAll(done: Done): void {
    let left = this.#locks.size;
    if (left === 0) done(undefined);
    for (const lock of this.#locks) {
      lock.release(() => {
        left--;
        if (left === 0) done(undefined);
      });
    }
  }
}

class NodeDiskFile implements DiskFile {
  readonly path: string;
  readonly #file: number;
  readonly #ask: Ask;

  constructor(path: string, file: number, ask: Ask) {
    this.path = path;
    this.#file = file;
    this.#ask = ask;
  }

  read(offset: number, length: number, done: Callback<Uint8Array>): void {
    this.#ask({ kind: "read", file: this.#file, offset, length }, "read", this.path, done);
  }

  write(offset: number, bytes: Uint8Array<ArrayBuffer>, done: Done): void {
    this.#ask({ kind: "write", file: this.#file, offset, bytes: whole(bytes) }, "write", this.path, done);
  }

  writeAndSync(offset: number, bytes: Uint8Array<ArrayBuffer>, done: Done): void {
    this.#ask({ kind: "writeAndSync", file: this.#file, offset, bytes: whole(bytes) }, "write", this.path, done);
  }

  dataSync(done: Done): void {
    this.#ask({ kind: "dataSync", file: this.#file }, "sync", this.path, done);
  }

  truncate(size: number, done: Done): void {
    this.#ask({ kind: "truncate", file: this.#file, size }, "truncate", this.path, done);
  }

  size(done: Callback<number>): void {
    this.#ask({ kind: "size", file: this.#file }, "read the size of", this.path, done);
  }

  close(done: Done): void {
    this.#ask({ kind: "closeFile", file: this.#file }, "close", this.path, done);
  }
}

/** Bytes whose buffer can be given away: a transfer takes the whole buffer, and only the bytes are ours. */
function whole(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

function describeFailure(action: string, subject: string, { code, reason }: Failure): HostError {
  return new HostError(code, subject, `cannot ${action} ${subject}: ${reason}`);
}
