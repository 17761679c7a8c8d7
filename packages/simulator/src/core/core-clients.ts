import { writeU32 } from "@quorate/raft";
import type { ConfigurationChange, MemberId, ReadMode } from "@quorate/raft";
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
    this.#read(id, read, "read-index");
  }

  askByClock(id: MemberId, read: number): void {
    this.#read(id, read, "lease");
  }

  changeMembers(id: MemberId, change: ConfigurationChange): void {
    this.#cluster.member(id).request((core, now) => core.changeConfiguration(now, change));
  }

  /** Cores know configurations, and no operations. */
  administer(): void {}

  abandonChange(id: MemberId): void {
    this.#cluster.member(id).request((core, now) => core.abandonChange(now));
  }

  handOver(id: MemberId, to: MemberId): void {
    this.#cluster.member(id).request((core, now) => core.transferLeadership(now, to === 0 ? undefined : to));
  }

  #read(id: MemberId, read: number, mode: ReadMode): void {
    const member = this.#cluster.member(id);
    if (!member.isUp) return;
    // Asked at this moment: what was committed until now is what the answer must cover.
    for (const checker of this.#cluster.checkers) checker.readAsked?.(member, read);
    member.request((core, now) => {
      const waiting = core.status().pendingReads;
      const refused = core.requestRead(now, read, mode);
      if (refused !== undefined) {
        for (const checker of this.#cluster.checkers) checker.readRefused?.(member, read);
      }
      const isAnswered = refused === undefined && core.status().pendingReads === waiting;
      if (mode === "lease" && isAnswered) this.#cluster.record.marks.reach("read answered by the clock");
    });
  }
}
