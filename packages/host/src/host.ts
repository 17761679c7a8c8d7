import type { Clock } from "./clock.ts";
import type { Disk } from "./disk.ts";
import type { HostError } from "./errors.ts";
import type { Links } from "./links.ts";
import type { Random } from "./random.ts";
import type { Timers } from "./timers.ts";

/**
 * A completion. Exactly one call, never from inside the call that started the operation (so that callers need not
 * guard against re-entrance), and in the order in which operations on the same file or stream were started.
 */
export type Callback<T> = (error: HostError | undefined, value: T) => void;

/** A completion without a value. */
export type Done = (error: HostError | undefined) => void;

/** One world. Everything a member does to the outside goes through the one `Host` it was given. */
export interface Host {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly disk: Disk;
  readonly links: Links;
  readonly random: Random;
}
