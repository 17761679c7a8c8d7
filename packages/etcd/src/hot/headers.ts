import type { Replica } from "@quorate/replica";
import type { CommandResult } from "@quorate/store";
import type { HeaderFields } from "./header-codec.ts";

/** Makes response headers without asking the replica for its whole status each time. */
export class Headers {
  readonly #clusterId: number;
  readonly #memberId: number;
  #term: number;

  constructor(replica: Replica<CommandResult>) {
    const { clusterId, memberId, term } = replica.status;
    this.#clusterId = clusterId;
    this.#memberId = memberId;
    this.#term = term;
    replica.onChange((status) => {
      this.#term = status.term;
    });
  }

  at(revision: number): HeaderFields {
    return { clusterId: this.#clusterId, memberId: this.#memberId, revision, raftTerm: this.#term };
  }
}
