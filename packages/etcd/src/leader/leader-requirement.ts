import type { Replica } from "@quorate/replica";
import type { CommandResult } from "@quorate/store";
import { refusals, type EtcdError } from "../errors.ts";

/** Streams stay for this many election timeouts without a leader. */
const patience = 3;

/** A stream whose client would rather ask another member than wait here for a leader (the metadata "hasleader: true"). */
export interface NeedsLeader {
  end(error: EtcdError): void;
}

/** Ends the streams that need a leader once there has been none for three election timeouts, as etcd does. */
export class LeaderRequirement {
  readonly #replica: Pick<Replica<CommandResult>, "status" | "onChange">;
  readonly #streams = new Set<NeedsLeader>();
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(replica: Pick<Replica<CommandResult>, "status" | "onChange">) {
    this.#replica = replica;
    this.#stopListening = replica.onChange(() => this.#look());
    this.#look();
  }

  get isLeaderKnown(): boolean {
    return this.#replica.status.leader !== 0;
  }

  add(stream: NeedsLeader): void {
    this.#streams.add(stream);
  }

  delete(stream: NeedsLeader): void {
    this.#streams.delete(stream);
  }

  stop(): void {
    this.#stopListening();
    clearTimeout(this.#timer);
  }

  #look(): void {
    if (this.isLeaderKnown) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer === undefined) {
      const { electionTimeoutMs } = this.#replica.status.configuration.timing;
      this.#timer = setTimeout(() => this.#endAll(), patience * electionTimeoutMs);
      this.#timer.unref();
    }
  }

  #endAll(): void {
    this.#timer = undefined;
    for (const stream of this.#streams) stream.end(refusals.noLeader());
    // Those that come meanwhile are refused, but a leader that comes and goes starts anew.
    this.#streams.clear();
  }
}
