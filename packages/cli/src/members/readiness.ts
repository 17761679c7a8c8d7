import type { admin } from "@quorate/etcd/api";
import { called } from "./cluster.ts";
import { progressText } from "./print-members.ts";

/** How those that are to vote are off at this moment, as their leader sees it. */
export interface Readiness {
  readonly ready: readonly string[];
  /** Alive, and not as far as the log was when it was looked first. */
  readonly behind: readonly string[];
  /** Not heard for an election timeout, or never. */
  readonly silent: readonly string[];
  /** For people. */
  readonly text: string;
}

/** `goal`: what a member must hold, by its log index. */
export function readinessOf(cluster: admin.DescribeResponse, voters: readonly admin.Member[], goal: bigint): Readiness {
  const timeout = BigInt(cluster.timing?.electionTimeoutMs ?? 1000);
  const stateOf = ({ id, progress }: admin.Member): "ready" | "behind" | "silent" => {
    if (id === cluster.leader) return "ready";
    if (
      progress === undefined ||
      progress.heardMsAgo >= timeout ||
      (progress.matchIndex === 0n && progress.state === "probing")
    )
      return "silent";
    return progress.matchIndex >= goal ? "ready" : "behind";
  };
  const of = (state: string): string[] => voters.filter((one) => stateOf(one) === state).map((one) => called(one));
  const parts = voters.map((member) => `${called(member)} ${progressText(cluster, member)}`);
  return { ready: of("ready"), behind: of("behind"), silent: of("silent"), text: parts.join(", ") };
}

/** Who has been silent without a break for so long that it will hardly come while somebody waits. */
export class Silences {
  readonly #patienceMs: number;
  readonly #since = new Map<string, number>();

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** Takes what the leader sees now, and gives the names; undefined is a look at which no leader could be asked. */
  look(nowMs: number, readiness: Readiness | undefined): string[] {
    if (readiness === undefined) {
      this.#since.clear();
      return [];
    }
    for (const name of this.#since.keys()) if (!readiness.silent.includes(name)) this.#since.delete(name);
    for (const name of readiness.silent) if (!this.#since.has(name)) this.#since.set(name, nowMs);
    return readiness.silent.filter((name) => nowMs - (this.#since.get(name) ?? nowMs) >= this.#patienceMs);
  }
}

export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

/** What is risked when these vote now though some of them are not up to date. */
export function riskOf(voters: number, ready: number): string {
  const needed = majorityOf(voters);
  if (ready < needed) {
    return `only ${ready} of the ${voters} new voters are up to date, and ${needed} are needed: no write could be committed`;
  }
  const spare = ready - needed;
  const failing = spare === 0 ? "as soon as one of those fails" : `when ${spare + 1} of those fail`;
  return `${ready} of the ${voters} new voters are up to date: the cluster would serve nobody ${failing}, until others have caught up`;
}
