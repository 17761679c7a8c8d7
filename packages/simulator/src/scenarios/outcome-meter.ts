import type { MemberId, RaftStatus } from "@quorate/raft";
import type { Scope } from "../event-queue.ts";
import type { Checker } from "../observation.ts";
import type { World } from "../world.ts";
import type { CommittedLog } from "../checkers/committed-log.ts";
import { roleNames } from "./scenario.ts";
import type { Outcome, Role } from "./scenario.ts";

/** How often it is looked whether the cluster serves, in election timeouts: how fine the figures of an outcome are. */
export const sampleTimeouts = 0.1;

/** In how many election timeouts at the end a cluster that serves must have done so. */
const servingTimeouts = 3;

/** A cluster of any kind of member, as the meter sees it. */
export interface MeteredCluster {
  readonly world: World;
  readonly ids: readonly MemberId[];
  readonly members: readonly MeteredMember[];
  readonly record: { readonly elections: number };
  leader(): MemberId;
}

export interface MeteredMember {
  readonly id: MemberId;
  readonly status: RaftStatus | undefined;
  readonly scope: Scope | undefined;
}

export interface MeteredTraffic {
  readonly messages: number;
  readonly bytes: number;
}

export interface MeterParts {
  readonly cluster: MeteredCluster;
  readonly electionTimeoutMs: number;
  /** How many commands were served so far. */
  readonly served: () => number;
  readonly traffic: () => MeteredTraffic;
  readonly reads: ReadCount;
}

/** Measures what comes of a scenario, from now on. */
export class OutcomeMeter {
  /** The members by role, from this moment to the end. */
  readonly roles: ReadonlyMap<Role, MemberId>;
  readonly #parts: MeterParts;
  readonly #elections: number;
  readonly #term: number;
  readonly #traffic: MeteredTraffic;
  #served: number;
  /** In samples since the last command. */
  #outage = 0;
  #longestOutage = 0;
  #unavailable = 0;
  #rivals = 0;

  constructor(parts: MeterParts) {
    this.#parts = parts;
    const { cluster } = parts;
    this.roles = rolesOf(cluster);
    this.#elections = cluster.record.elections;
    this.#term = newestTerm(cluster);
    this.#served = parts.served();
    this.#traffic = parts.traffic();
    this.#sampleLater();
  }

  outcome(violation: string | undefined): Outcome {
    const { cluster, traffic, reads } = this.#parts;
    const leader = cluster.leader();
    const sent = traffic();
    return {
      leaderChanges: cluster.record.elections - this.#elections,
      termGrowth: newestTerm(cluster) - this.#term,
      serves: violation === undefined && this.#outage * sampleTimeouts < servingTimeouts,
      violation,
      finalLeader: [...this.roles].find(([, id]) => id === leader)?.[0],
      unavailable: inTimeouts(this.#unavailable),
      longestOutage: inTimeouts(this.#longestOutage),
      rivalLeaders: inTimeouts(this.#rivals),
      readsAnswered: reads.answered,
      staleReads: reads.stale,
      messagesSent: sent.messages - this.#traffic.messages,
      bytesSent: sent.bytes - this.#traffic.bytes,
    };
  }

  #sampleLater(): void {
    const { cluster, electionTimeoutMs } = this.#parts;
    const { world } = cluster;
    world.schedule(sampleTimeouts * electionTimeoutMs, "check", world.outside, () => this.#sample(), undefined);
  }

  #sample(): void {
    const { cluster, served } = this.#parts;
    const now = served();
    if (now > this.#served) {
      this.#outage = 0;
    } else {
      this.#outage++;
      this.#unavailable++;
      this.#longestOutage = Math.max(this.#longestOutage, this.#outage);
    }
    this.#served = now;
    if (cluster.members.filter(leadsNow).length > 1) this.#rivals++;
    this.#sampleLater();
  }
}

/** Reads that were answered, and those of them that were stale. */
export interface ReadCount {
  readonly answered: number;
  readonly stale: number;
}

/**
 * Counts what `readFreshness` would end a run for, so that a scenario can show how many stale reads a broken rule lets
 * through.
 */
export function countReads(committed: CommittedLog): { readonly checker: Checker; readonly count: ReadCount } {
  const count = { answered: 0, stale: 0 };
  const asked = new Map<number, number>();
  const checker: Checker = {
    name: "read count",
    readAsked(_, id) {
      asked.set(id, committed.lastIndex);
    },
    readReady(_, id, index) {
      count.answered++;
      if (index < (asked.get(id) ?? 0)) count.stale++;
      asked.delete(id);
    },
  };
  return { checker, count };
}

function leadsNow({ status, scope }: MeteredMember): boolean {
  return status?.role === "leader" && scope?.paused !== true;
}

function newestTerm(cluster: MeteredCluster): number {
  return Math.max(...cluster.members.map((member) => member.status?.term ?? 0));
}

function inTimeouts(samples: number): number {
  return Math.round(samples * sampleTimeouts * 10) / 10;
}

/** Who has which role from now on: whoever leads is the leader, the others follow in the order of their ids. */
export function rolesOf(cluster: {
  readonly ids: readonly MemberId[];
  readonly leader: () => MemberId;
}): ReadonlyMap<Role, MemberId> {
  const leader = cluster.leader();
  const ids = [leader, ...cluster.ids.filter((id) => id !== leader)];
  return new Map(ids.map((id, at) => [roleNames[at] as Role, id]));
}
