import type { Configuration, MemberId } from "@quorate/raft";
import { drawChange } from "./drawn-changes.ts";
import { drawOperation } from "./drawn-operations.ts";
import type { RandomStream } from "./random-streams.ts";
import type { OperatorPlan } from "./swarm.ts";
import type { RequestTarget } from "./workload.ts";
import type { World } from "./world.ts";

/** A cluster that somebody operates. */
export interface OperatedCluster {
  /** All members that there are, in the cluster or not. */
  readonly ids: readonly MemberId[];
  leader(): MemberId;
  /** What the leader goes by; undefined while nobody leads. */
  configuration(): Configuration | undefined;
}

/** Changes of the configuration and handovers at random times, by somebody who has seen the cluster and may be wrong. */
export class Operators {
  readonly #world: World;
  readonly #cluster: OperatedCluster;
  readonly #clients: RequestTarget;
  #stopped = false;

  constructor(world: World, cluster: OperatedCluster, clients: RequestTarget) {
    this.#world = world;
    this.#cluster = cluster;
    this.#clients = clients;
  }

  begin(plan: OperatorPlan): void {
    this.#repeat("change", plan.changeEveryMs, (random) => this.#change(random));
    this.#repeat("operation", plan.operationEveryMs, (random) => this.#operate(random));
    this.#repeat("abandon", plan.abandonEveryMs, (random) => this.#clients.abandonChange(this.#asked(random)));
    this.#repeat("hand over", plan.handOverEveryMs, (random) =>
      this.#clients.handOver(this.#asked(random), random.chance(0.3) ? 0 : random.pick(this.#cluster.ids)),
    );
  }

  stop(): void {
    this.#stopped = true;
  }

  #change(random: RandomStream): void {
    const seen = this.#cluster.configuration();
    const asked = this.#asked(random);
    const change = drawChange(seen, this.#cluster.ids, random);
    if (change !== undefined) this.#clients.changeMembers(asked, change);
  }

  #operate(random: RandomStream): void {
    const seen = this.#cluster.configuration();
    const asked = this.#asked(random);
    const operation = seen === undefined ? undefined : drawOperation(seen, this.#cluster.ids, random);
    if (operation !== undefined) this.#clients.administer(asked, operation);
  }

  /** Mostly the leader. */
  #asked(random: RandomStream): MemberId {
    const leader = random.chance(0.9) ? this.#cluster.leader() : 0;
    return leader === 0 ? random.pick(this.#cluster.ids) : leader;
  }

  #repeat(name: string, everyMs: number | undefined, act: (random: RandomStream) => void): void {
    if (everyMs === undefined) return;
    const random = this.#world.streams.stream(`operators: ${name}`);
    const next = (): void => {
      if (this.#stopped) return;
      act(random);
      this.#world.schedule(random.exponential(everyMs), "client", this.#world.outside, next, undefined);
    };
    this.#world.schedule(random.exponential(everyMs), "client", this.#world.outside, next, undefined);
  }
}
