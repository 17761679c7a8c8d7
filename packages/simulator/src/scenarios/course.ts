import type { MemberId } from "@quorate/raft";
import { CoreClients } from "../core/core-clients.ts";
import type { CoreCluster } from "../core/core-cluster.ts";
import { SafetyViolation } from "../observation.ts";
import { simulatedAddress } from "../simulated-members.ts";
import type { World } from "../world.ts";
import type { Patience } from "./directed-cluster.ts";
import { losableTypes } from "./directed.ts";
import type { Condition, DirectedAction, DirectedStep, LosableType, Setting } from "./directed.ts";
import type { ElectionHistory } from "./election-history.ts";
import { perform } from "./perform.ts";
import type { IdOf } from "./perform.ts";
import type { Role, RoleLinks } from "./scenario.ts";

/** How often members are asked, once they are, in election timeouts. */
const askTimeouts = 0.05;

const commandBytes = 8;

interface CourseParts {
  readonly setting: Setting;
  readonly patience: Patience;
  readonly electionTimeoutMs: number;
  readonly history: ElectionHistory;
}

/** The events of one run, step after step. */
export class Course {
  readonly #world: World;
  readonly #cluster: CoreCluster;
  readonly #parts: CourseParts;
  readonly #clients: CoreClients;
  #requests = 0;
  #isAsking = false;
  /** How many entries everybody had when the scenario began. */
  #entries = 0;
  /** When the last step happened. */
  #lastStepMs = 0;

  constructor(world: World, cluster: CoreCluster, parts: CourseParts) {
    this.#world = world;
    this.#cluster = cluster;
    this.#parts = parts;
    this.#clients = new CoreClients(cluster);
  }

  /** Whether members are asked all the time by now. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** @throws SafetyViolation when a checker finds something, or what a step waits for does not come in time. */
  follow(steps: readonly DirectedStep[], lasts: number, idOf: IdOf): void {
    const world = this.#world;
    const { electionTimeoutMs, setting, patience } = this.#parts;
    const begin = world.nowMs;
    const untilMs = (at: number): number => Math.max(0, begin + at * electionTimeoutMs - world.nowMs);
    this.#lastStepMs = begin;
    this.#entries = this.#cluster.record.committed.lastIndex;
    patience.spread = setting.timerSpread ?? 1;
    for (const id of this.#cluster.ids) this.#tellRoundTrip(id);
    world.schedule(untilMs(setting.asksFrom ?? 0), "client", world.outside, () => this.#askAllTheTime(), undefined);
    for (const step of steps.toSorted((one, other) => one.at - other.at)) {
      world.run(untilMs(step.at));
      const { once } = step;
      if (once !== undefined && !world.runUntil(() => this.#holds(once, idOf), untilMs(lasts))) {
        throw new SafetyViolation("course", `nothing came of waiting for ${JSON.stringify(once)}`);
      }
      world.note("scenario", () => JSON.stringify(step));
      this.#perform(step, idOf);
      this.#parts.history.stepDone(step.do, this.#cluster.leader());
      this.#lastStepMs = world.nowMs;
    }
    world.run(untilMs(lasts));
  }

  #holds(condition: Condition, idOf: IdOf): boolean {
    const member = (role: Role) => this.#cluster.member(idOf(role)).status;
    if ("leads" in condition) return member(condition.leads)?.role === "leader";
    if ("votes" in condition) return member(condition.votes)?.vote === idOf(condition.for);
    if ("ahead" in condition) return (member(condition.ahead)?.term ?? 0) > (member(condition.of)?.term ?? Infinity);
    if ("passed" in condition) {
      return this.#world.nowMs >= this.#lastStepMs + condition.passed * this.#parts.electionTimeoutMs;
    }
    if ("counts" in condition) {
      const { configuration } = member(condition.counts) ?? {};
      const wanted = condition.voters.map(idOf).sort((one, other) => one - other);
      return configuration?.outgoing.length === 0 && String(configuration.voters) === String(wanted);
    }
    if ("joint" in condition) {
      const status = member(condition.joint);
      if (status === undefined || status.configuration.outgoing.length === 0) return false;
      return !condition.committed || status.commitIndex >= status.configurationIndex;
    }
    if ("takes" in condition) {
      return this.#cluster.member(idOf(condition.takes)).durable.received.chunks === this.#parts.setting.states?.chunks;
    }
    const needed = this.#entries + condition.more;
    if ("applies" in condition) return this.#cluster.member(idOf(condition.applies)).state.index >= needed;
    if ("holds" in condition) return (member(condition.holds)?.last.index ?? 0) >= needed;
    if ("stores" in condition) return (member(condition.stores)?.durableIndex ?? 0) >= needed;
    return (member(condition.commits)?.commitIndex ?? 0) >= needed;
  }

  #perform(action: DirectedAction, idOf: IdOf): void {
    if (action.do === "drop") return this.#drop(action.links, action.types, idOf);
    if (action.do === "read") return this.#clients.ask(idOf(action.from), ++this.#requests);
    if (action.do === "read-by-clock") return this.#clients.askByClock(idOf(action.from), ++this.#requests);
    if (action.do === "members") return this.#changeMembers(action, idOf);
    if (action.do === "abandon") return this.#clients.abandonChange(idOf(action.by));
    if (action.do === "hand-over") return this.#clients.handOver(idOf(action.from), idOf(action.to));
    if (action.do === "prune") {
      for (const role of action.who) this.#cluster.member(idOf(role)).keepCheckpoint();
      return;
    }
    if (action.do === "propose") return this.#propose(idOf(action.to), action.count);
    if (action.do === "patience") {
      for (const role of action.who) this.#parts.patience.of.set(idOf(role), action.share);
      return;
    }
    perform(this.#cluster, action, idOf, this.#parts.electionTimeoutMs);
    if (action.do === "start") for (const role of action.who) this.#tellRoundTrip(idOf(role));
  }

  #changeMembers(action: Extract<DirectedAction, { readonly do: "members" }>, idOf: IdOf): void {
    const present = this.#cluster.member(idOf(action.by)).status?.configuration;
    if (present === undefined) return;
    const { voters, learners, promotable } = present;
    const change = {
      voters: action.voters?.map(idOf) ?? voters,
      learners: action.learners?.map(idOf) ?? learners,
      promotable: action.promotable?.map(idOf) ?? promotable,
    };
    const members = [...change.voters, ...change.learners].map(simulatedAddress);
    this.#clients.changeMembers(idOf(action.by), { ...change, members });
  }

  #drop(links: RoleLinks, types: readonly LosableType[], idOf: IdOf): void {
    const numbers = types.map((type) => losableTypes[type]);
    for (const [from, to] of links) this.#cluster.conditions.filter(idOf(from), idOf(to), numbers);
  }

  #propose(to: MemberId, count: number): void {
    const sizes = Array.from({ length: count }, () => commandBytes);
    this.#clients.submit(to, this.#requests + 1, sizes);
    this.#requests += count;
  }

  #tellRoundTrip(id: MemberId): void {
    if (this.#parts.setting.knowsRoundTrip === false) return;
    const { minDelayMs, meanDelayMs } = this.#cluster.conditions.usual;
    this.#cluster.member(id).input((core) => core.observeRoundTrip(2 * (minDelayMs + meanDelayMs)));
  }

  /** A command and a read at a time, to every member that takes one: whoever leads, somebody asks it. */
  #askAllTheTime(): void {
    this.#isAsking = true;
    for (const id of this.#cluster.ids) {
      this.#clients.submit(id, ++this.#requests, [commandBytes]);
      this.#clients.ask(id, ++this.#requests);
    }
    const delayMs = askTimeouts * this.#parts.electionTimeoutMs;
    this.#world.schedule(delayMs, "client", this.#world.outside, () => this.#askAllTheTime(), undefined);
  }
}
