import type { MessagePort } from "node:worker_threads";
import type { Failure } from "./errno.ts";

/** What `NodeDisk` gives its worker at the start. */
export interface DiskWorkerData {
  readonly port: MessagePort;
  /** One counter, raised with each request: what the worker sleeps on. */
  readonly signal: Int32Array<SharedArrayBuffer>;
}

/** Open files have numbers, chosen by the side that asks. */
export type DiskOperation =
  | { readonly kind: "create" | "open"; readonly path: string; readonly file: number }
  | {
      readonly kind: "list" | "makeDirectory" | "remove" | "removeDirectory" | "syncDirectory" | "prepareLock";
      readonly path: string;
    }
  | { readonly kind: "rename"; readonly path: string; readonly to: string }
  | { readonly kind: "read"; readonly file: number; readonly offset: number; readonly length: number }
  | {
      readonly kind: "write" | "writeAndSync";
      readonly file: number;
      readonly offset: number;
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | { readonly kind: "truncate"; readonly file: number; readonly size: number }
  | { readonly kind: "dataSync" | "size" | "closeFile"; readonly file: number }
  /** The last request: the worker closes its files and ends. */
  | { readonly kind: "stop" };

export interface DiskRequest {
  readonly id: number;
  readonly operation: DiskOperation;
}

/** One for each request, in the order of the requests. */
export interface DiskReply {
  readonly id: number;
  readonly failure: Failure | undefined;
  readonly value: unknown;
}
