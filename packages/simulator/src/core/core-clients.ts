import { writeU32 } from "@quorate/raft";
import type { MemberId } from "@quorate/raft";
import type { RandomStream } from "../random-streams.ts";
import type { SimulatedClients } from "../simulation.ts";
import type { LoadPlan } from "../swarm.ts";
import type { CoreCluster } from "./core-cluster.ts";
import type { CoreMember } from "./core-member.ts";

/** Clients who propose commands and ask for reads, at random times, of the leader or of just anybody. */
export class CoreClients implements SimulatedClients {
  readonly #cluster: CoreCluster;
  readonly #plan: LoadPlan;
  readonly #random: RandomStream;
  #stopped = false;
  #commands = 0;
  #reads = 0;

  constructor(cluster: CoreCluster, plan: LoadPlan) {
    this.#cluster = cluster;
    this.#plan = plan;
    this.#random = cluster.world.streams.stream("clients");
  }

  begin(): void {
    this.#repeat(this.#plan.proposeEveryMs, () => this.propose(this.#someMember().id));
    this.#repeat(this.#plan.readEveryMs, () => this.#read(this.#someMember()));
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Proposes a batch to a member; every command is unique. */
  propose(id: MemberId): void {
    const count = this.#random.integer(1, this.#plan.maxBatch);
    const commands = Array.from({ length: count }, () => this.#command());
    this.#cluster.member(id).request((core, now) => {
      const answer = core.propose(now, commands);
      if (!answer.ok && answer.refusal.reason === "busy") this.#cluster.record.marks.reach("proposal refused as busy");
    });
  }

  #read(member: CoreMember): void {
    if (!member.isUp) return;
    const id = ++this.#reads;
    // Asked at this moment: what was committed until now is what the answer must cover.
    for (const checker of this.#cluster.checkers) checker.readAsked?.(member, id);
    member.request((core, now) => core.requestRead(now, id));
  }

  #someMember(): CoreMember {
    const leader = this.#random.chance(this.#plan.toLeader) ? this.#cluster.leader() : 0;
    return this.#cluster.member(leader === 0 ? this.#random.pick(this.#cluster.ids) : leader);
  }

  #command(): Uint8Array {
    const command = new Uint8Array(4 + this.#random.integer(0, this.#plan.maxCommandBytes));
    writeU32(command, 0, ++this.#commands);
    return command;
  }

  #repeat(everyMs: number, act: () => void): void {
    const { world } = this.#cluster;
    const next = (): void => {
      if (this.#stopped) return;
      act();
      world.schedule(this.#random.exponential(everyMs), "client", world.outside, next, undefined);
    };
    world.schedule(this.#random.exponential(everyMs), "client", world.outside, next, undefined);
  }
}
