import type { Callback, Done } from "@quorate/host";
import type { AppliedPosition } from "../state-record.ts";

/** `StateSource` of `@quorate/replica`, by its shape. */
export interface StateSource {
  readonly position: AppliedPosition;
  readonly header: Uint8Array;
  readonly isIncrement: boolean;
  readonly totalBytes: number;
  next(done: Callback<Uint8Array | undefined>): void;
  seek(token: Uint8Array, done: Done): void;
  close(): void;
}

/** `StateSink` of `@quorate/replica`, by its shape. */
export interface StateSink {
  readonly resumeToken: Uint8Array;
  write(chunk: Uint8Array, done: Done): void;
  install(done: Callback<AppliedPosition>): void;
  abort(keep: boolean, done: Done): void;
}

/** `StateTransfer` of `@quorate/replica`, by its shape. */
export interface StateTransfer {
  point(): Uint8Array;
  open(since: Uint8Array | undefined, done: Callback<StateSource>): void;
  receive(header: Uint8Array, done: Callback<StateSink>): void;
}
