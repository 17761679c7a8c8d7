import { writeU32 } from "@quorate/raft";
import type { MemberId } from "@quorate/raft";
import type { RequestTarget } from "../workload.ts";
import type { CoreCluster } from "./core-cluster.ts";

/** Clients of cores: what they are answered is for the checkers. */
export class CoreClients implements RequestTarget {
  readonly #cluster: CoreCluster;

  constructor(cluster: CoreCluster) {
    this.#cluster = cluster;
  }

  submit(id: MemberId, first: number, sizes: readonly number[]): void {
    const commands = sizes.map((size, at) => {
      const command = new Uint8Array(size);
      writeU32(command, 0, first + at);
      return command;
    });
    this.#cluster.member(id).request((core, now) => {
      const answer = core.propose(now, commands);
      if (!answer.ok && answer.refusal.reason === "busy") this.#cluster.record.marks.reach("proposal refused as busy");
    });
  }

  /** Cores have no state machine that could answer. */
  operate(): void {}
  perform(): void {}

  ask(id: MemberId, read: number): void {
    const member = this.#cluster.member(id);
    if (!member.isUp) return;
    // Asked at this moment: what was committed until now is what the answer must cover.
    for (const checker of this.#cluster.checkers) checker.readAsked?.(member, read);
    member.request((core, now) => core.requestRead(now, read));
  }
}
