import { setTimeout as delay } from "node:timers/promises";
import type { Cluster } from "../harness/cluster.ts";
import { MemberClient } from "../harness/member-client.ts";
import type { DiskControl } from "./disk-control.ts";
import type { Fault } from "./faults.ts";
import type { LabNetwork } from "./lab-network.ts";
import type { Supervisor } from "./supervisor.ts";

const statusWithinMs = 800;

/** A fault that was carried out. Times of `performance.now`. */
export interface Struck {
  readonly fault: Fault;
  /** "kill leader" */
  readonly cause: string;
  readonly members: readonly string[];
  readonly fromMs: number;
  /** Undefined while it is in force. */
  healedMs: number | undefined;
  /** Whether another fault was in force at some time of this one. */
  overlapped: boolean;
}

export interface NemesisParts {
  readonly cluster: Cluster;
  readonly network: LabNetwork;
  readonly disks: readonly DiskControl[];
  readonly supervisor: Supervisor;
}

/** Carries out faults. */
export class Nemesis {
  readonly #parts: NemesisParts;
  readonly #inForce = new Set<Struck>();
  readonly #status: readonly MemberClient[];
  #lastLeader = 0;

  constructor(parts: NemesisParts) {
    this.#parts = parts;
    this.#status = parts.cluster.members.map(({ endpoint }) => new MemberClient(endpoint, statusWithinMs));
  }

  /** What is in force, for people. */
  get inForce(): string {
    return [...this.#inForce].map(({ cause, members }) => `${cause} (${members.join(", ")})`).join(" + ");
  }

  /** Harms, waits and heals; resolves when all is as before. `begun` is told when the harm is done. */
  async strike(fault: Fault, signal: AbortSignal, begun: (struck: Struck) => void): Promise<void> {
    const victims = await this.#victims(fault);
    const struck: Struck = {
      fault,
      cause: `${fault.harm} ${fault.victims}`,
      members: victims.map((index) => this.#parts.cluster.member(index).name),
      fromMs: performance.now(),
      healedMs: undefined,
      overlapped: this.#inForce.size > 0,
    };
    for (const other of this.#inForce) other.overlapped = true;
    this.#inForce.add(struck);
    begun(struck);
    const undo = await Promise.all(victims.map((index) => this.#harm(fault, index)));
    await delay(fault.durationMs, undefined, { signal }).catch(() => {});
    for (const heal of undo) heal();
    struck.healedMs = performance.now();
    this.#inForce.delete(struck);
  }

  close(): void {
    for (const client of this.#status) client.close();
  }

  /** Who leads now, by what the members say of themselves; who led last when nobody does. */
  async leader(): Promise<number> {
    const states = await Promise.all(this.#status.map((client) => client.state().catch(() => undefined)));
    let newest = -1;
    states.forEach((state, index) => {
      if (state === undefined || state.leader !== state.memberId || state.term <= newest) return;
      newest = state.term;
      this.#lastLeader = index;
    });
    return this.#lastLeader;
  }

  async #victims({ victims, choice }: Fault): Promise<readonly number[]> {
    const all = this.#parts.cluster.members.map((_, index) => index);
    if (victims === "all") return all;
    const leader = await this.leader();
    const followers = all.filter((index) => index !== leader);
    switch (victims) {
      case "leader":
        return [leader];
      case "follower":
        return [pick(followers, choice)];
      case "majority": {
        const spared = pick(all, choice);
        return all.filter((index) => index !== spared);
      }
    }
  }

  /** Does it to one member, and gives what ends it. */
  async #harm(fault: Fault, index: number): Promise<() => void> {
    const { cluster, network, disks, supervisor } = this.#parts;
    const others = cluster.members.map((_, other) => other).filter((other) => other !== index);
    const peer = pick(others, fault.otherEnd);
    const all = (undo: readonly (() => void)[]) => () => undo.forEach((one) => one());
    const incoming = () => all(others.map((other) => network.cut(other, index)));
    const outgoing = () => all(others.map((other) => network.cut(index, other)));
    const slow = (ends: readonly number[]) =>
      all(ends.flatMap((end) => [network.slow(end, index, fault.delayMs), network.slow(index, end, fault.delayMs)]));
    switch (fault.harm) {
      case "kill":
        await supervisor.kill(index);
        return () => supervisor.start(index);
      case "restart":
        await supervisor.stop(index);
        return () => supervisor.start(index);
      case "stop":
        return supervisor.suspend(index);
      case "cut off":
        return all([incoming(), outgoing()]);
      case "deaf":
        return incoming();
      case "mute":
        return outgoing();
      case "link cut":
        return all([network.cut(index, peer), network.cut(peer, index)]);
      case "link one-way":
        return network.cut(index, peer);
      case "slow network":
        return slow(others);
      case "slow link":
        return slow([peer]);
      case "slow disk":
      case "stalled disk":
        return disks[index]?.delaySyncs(fault.delayMs) ?? (() => {});
    }
  }
}

function pick(choices: readonly number[], roll: number): number {
  return choices[Math.floor(roll * choices.length)] ?? 0;
}
