import {
  writeU32,
  type ChangeRefused,
  type Proposed,
  type RaftCore,
  type Refused,
  type TransferRefused,
} from "@quorate/raft";
import { CoreClients, simulatedAddress, type CoreCluster } from "@quorate/simulator";
import { describeRefusal } from "./describe-refusal.ts";
import { islandsOf } from "./islands.ts";
import type { LabAction } from "./lab-action.ts";

const commandBytes = 8;

type Answer = Proposed | Refused | ChangeRefused | TransferRefused | undefined;
type LinkAction = Extract<LabAction, { readonly do: "block" | "unblock" | "mend" | "link" }>;
type MembersAction = Extract<LabAction, { readonly do: "members" }>;

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

  /** Answers why nothing came of it, where that is clear at once. */
  perform(action: LabAction): string | undefined {
    const cluster = this.#cluster;
    const { conditions } = cluster;
    const asked = askedOf(action);
    if (asked !== undefined && !cluster.ids.includes(asked)) return "there is no such member";
    switch (action.do) {
      case "crash":
      case "start":
      case "pause":
      case "resume":
      case "suspend":
        cluster[action.do](action.who);
        return undefined;
      case "prune":
        if (!cluster.isUp(action.who)) return "it is down";
        cluster.member(action.who).keepCheckpoint(0);
        return undefined;
      case "block":
      case "unblock":
      case "mend":
      case "link":
        for (const [from, to] of this.#pairs(action)) this.#changeLink(action, from, to);
        return undefined;
      case "partition":
        return this.#partition(action.groups);
      case "heal":
        conditions.heal();
        conditions.setAll(conditions.usual);
        return undefined;
      case "jump-clock":
        cluster.jumpClock(action.who, action.ms, 0);
        return undefined;
      case "drift-clock":
        cluster.driftClock(action.who, action.rate);
        return undefined;
      case "stall-disk":
        cluster.failDisk(action.who, { stalledMs: action.ms });
        return undefined;
      case "break-disk":
        cluster.failDisk(action.who, { writeErrorProbability: 1 });
        return undefined;
      case "damage-disk":
        return this.#damage(action.who, action.place);
      case "wipe-disk":
        cluster.member(action.who).loseDisk();
        return undefined;
      case "fill-disk":
      case "free-disk":
        cluster.member(action.who).disk.isFull = action.do === "fill-disk";
        return undefined;
      case "read":
        this.#clients.ask(action.from, ++this.#requests);
        return undefined;
      case "read-by-clock":
        this.#clients.askByClock(action.from, ++this.#requests);
        return undefined;
      case "write":
        return this.#write(action.to, action.count);
      case "members":
        return this.#changeMembers(action);
      case "timing": {
        const { by, electionTimeoutMs, clockDriftPpm } = action;
        const timing = { electionTimeoutMs, clockDriftPpm };
        return this.#request(by, (core, now) => core.changeConfiguration(now, { timing }));
      }
      case "abandon":
        return this.#request(action.by, (core, now) => core.abandonChange(now));
      case "hand-over":
        return this.#request(action.from, (core, now) => core.transferLeadership(now, action.to));
    }
  }

  /** Of links 0 stands for everybody. */
  #pairs({ from, to }: LinkAction): (readonly [number, number])[] {
    const { ids } = this.#cluster;
    return ids.flatMap((one) =>
      ids.flatMap((other) =>
        one !== other && (from === 0 || from === one) && (to === 0 || to === other) ? [[one, other] as const] : [],
      ),
    );
  }

  #changeLink(action: LinkAction, from: number, to: number): void {
    const { conditions } = this.#cluster;
    switch (action.do) {
      case "block":
        // A reader's link is blocked or not: partitions of a scenario count, these do not.
        if (!conditions.link(from, to).blocked) conditions.block(from, to);
        return;
      case "link":
        conditions.change(from, to, {
          minDelayMs: action.delayMs,
          meanDelayMs: action.jitterMs,
          lossProbability: action.loss,
          duplicateProbability: action.duplicates,
        });
        return;
      case "mend":
        conditions.change(from, to, conditions.usual);
        conditions.clog(from, to, 0);
        conditions.filter(from, to, []);
        break;
      case "unblock":
        break;
    }
    while (conditions.link(from, to).blocked) conditions.unblock(from, to);
  }

  /** What was cut before is mended; delays and losses stay. */
  #partition(groups: readonly (readonly number[])[]): undefined {
    const { conditions, ids } = this.#cluster;
    conditions.heal();
    const islands = islandsOf(ids, groups);
    // Each of them apart from all others would block each link twice.
    for (const island of islands) for (const from of island) this.#cutFrom(from, island);
  }

  #cutFrom(from: number, island: readonly number[]): void {
    for (const to of this.#cluster.ids) if (!island.includes(to)) this.#cluster.conditions.block(from, to);
  }

  #damage(who: number, place: number): string | undefined {
    const cluster = this.#cluster;
    const { durable } = cluster.member(who);
    const isDamaged = (): number => durable.lost.length;
    const before = isDamaged();
    cluster.damageDisk(who, { kind: "file cut short", file: 0, place, bytes: 0 });
    if (isDamaged() > before) return undefined;
    if (durable.base.index > 0) return "what its log has left is behind a checkpoint";
    return durable.length === 0 ? "its log is empty" : "as many logs are damaged already as a quorum can make up for";
  }

  #write(to: number, count: number): string | undefined {
    const commands = Array.from({ length: count }, (_, at) => {
      const command = new Uint8Array(commandBytes);
      writeU32(command, 0, this.#requests + 1 + at);
      return command;
    });
    this.#requests += count;
    return this.#request(to, (core, now) => core.propose(now, commands));
  }

  #changeMembers({ by, voters, learners, promotable }: MembersAction): string | undefined {
    const members = [...voters, ...learners].map(simulatedAddress);
    const change = { voters, learners, promotable, members };
    return this.#request(by, (core, now) => core.changeConfiguration(now, change));
  }

  /** A request is an event of its own; where it is refused, that is written down. */
  #request(id: number, ask: (core: RaftCore, now: number) => Answer): string | undefined {
    const member = this.#cluster.member(id);
    if (!member.isUp) return "it is down";
    member.request((core, now) => {
      const answer = ask(core, now);
      if (answer?.ok !== false) return;
      this.#cluster.world.note(member.scope?.name ?? "", () => describeRefusal(answer.refusal));
    });
    return undefined;
  }
}

/** The member that an action is done to or asked of. */
function askedOf(action: LabAction): number | undefined {
  if ("who" in action) return action.who;
  if ("by" in action) return action.by;
  switch (action.do) {
    case "write":
      return action.to;
    case "read":
    case "read-by-clock":
    case "hand-over":
      return action.from;
    case "block":
    case "unblock":
    case "mend":
    case "link":
    case "partition":
    case "heal":
      return undefined;
  }
}
