import type { Callback } from "@quorate/host";
import type { ChunkPacker } from "./chunks.ts";

/** One part of what a source sends. Each step adds a bounded number of items. */
export interface Section {
  /** Completes with whether that was all. */
  step(packer: ChunkPacker, done: Callback<boolean>): void;
  close(): void;
}
