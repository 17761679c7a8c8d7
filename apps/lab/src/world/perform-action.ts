import { CoreClients, simulatedAddress, type CoreCluster } from "@quorate/simulator";
import type { LabAction } from "./lab-action.ts";

const commandBytes = 8;

/** Lets the reader's actions happen to a cluster, as its clients, its operators and its bad luck. */
export class Hand {
  readonly #cluster: CoreCluster;
  readonly #clients: CoreClients;
  /** Requests have numbers of their own, far above those that a scenario gives. */
  #requests = 1_000_000;

  constructor(cluster: CoreCluster) {
    this.#cluster = cluster;
    this.#clients = new CoreClients(cluster);
  }

  perform(action: LabAction): void {
    const cluster = this.#cluster;
    const { conditions } = cluster;
    if ("who" in action && !cluster.ids.includes(action.who)) return;
    switch (action.do) {
      case "crash":
      case "start":
      case "pause":
      case "resume":
      case "suspend":
        return cluster[action.do](action.who);
      case "prune":
        return cluster.isUp(action.who) ? cluster.member(action.who).keepCheckpoint() : undefined;
      case "block":
        // A reader's link is blocked or not: partitions of a scenario count, these do not.
        return conditions.link(action.from, action.to).blocked ? undefined : conditions.block(action.from, action.to);
      case "unblock":
        while (conditions.link(action.from, action.to).blocked) conditions.unblock(action.from, action.to);
        return;
      case "link":
        return conditions.change(action.from, action.to, {
          minDelayMs: action.delayMs,
          lossProbability: action.loss,
          duplicateProbability: action.duplicates,
        });
      case "partition":
        conditions.heal();
        return conditions.partition(cluster.ids, action.group);
      case "heal":
        return conditions.heal();
      case "jump-clock":
        return cluster.jumpClock(action.who, action.ms, 0);
      case "stall-disk":
        return cluster.failDisk(action.who, { stalledMs: action.ms });
      case "break-disk":
        return cluster.failDisk(action.who, { writeErrorProbability: 1 });
      case "damage-disk":
        return cluster.damageDisk(action.who, { kind: "file cut short", file: 0, place: action.place, bytes: 0 });
      case "write":
        return this.#write(action.to, action.count);
      case "read":
        return this.#clients.ask(action.from, ++this.#requests);
      case "read-by-clock":
        return this.#clients.askByClock(action.from, ++this.#requests);
      case "members":
        return this.#changeMembers(action);
      case "abandon":
        return this.#clients.abandonChange(action.by);
      case "hand-over":
        return this.#clients.handOver(action.from, action.to);
    }
  }

  #write(to: number, count: number): void {
    const sizes = Array.from({ length: count }, () => commandBytes);
    this.#clients.submit(to, this.#requests + 1, sizes);
    this.#requests += count;
  }

  #changeMembers({ by, voters, learners }: Extract<LabAction, { readonly do: "members" }>): void {
    const members = [...voters, ...learners].map(simulatedAddress);
    this.#clients.changeMembers(by, { voters, learners, promotable: [], members });
  }
}
