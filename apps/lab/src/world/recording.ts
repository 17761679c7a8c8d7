import { decodeMessage, describeMessage, type RaftStatus } from "@quorate/raft";
import {
  decodeDisowned,
  SafetyViolation,
  type Checker,
  type DirectedStep,
  type LinkSettings,
  type ScheduledEvent,
  type SentPacket,
  type Violation,
  type World,
} from "@quorate/simulator";
import { ClientRecording } from "./client-recording.ts";
import { isSameLink } from "./links-at.ts";
import { describeStep, type PlayedBy } from "./describe-step.ts";
import { factsOf } from "./packet-facts.ts";
import { statePacket } from "./state-packets.ts";
import type { RecordedCluster, RecordedMember } from "./recorded-cluster.ts";
import type {
  Decision,
  LinkChange,
  LinkState,
  MemberView,
  Tape,
  TapeEvent,
  TapePacket,
  TapeRequest,
  TapeViolation,
  ViewChange,
} from "./tape.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What was last seen of a member, to tell whether something changed. */
interface Seen {
  status: RaftStatus | undefined;
  isPaused: boolean;
  durable: number;
  dueAt: number | undefined;
  machine: MachineView;
}

type MachineView = Pick<MemberView, "clockRate" | "isDiskFull" | "isForgotten">;

interface SeenLink {
  readonly from: number;
  readonly to: number;
  isBlocked: boolean;
  settings: LinkSettings;
}

/** Writes down what happens in a world, event by event. */
export class Recording {
  readonly #world: World;
  readonly #cluster: RecordedCluster;
  readonly #events: TapeEvent[] = [];
  readonly #views: ViewChange[][];
  readonly #seen: Seen[];
  readonly #packets: Writable<TapePacket>[] = [];
  /** Packets by their number in the network. */
  readonly #places = new Map<number, number>();
  readonly #links: LinkChange[] = [];
  /** Of each link, what was last written down of it. */
  readonly #seenLinks: SeenLink[];
  readonly #requests: Writable<TapeRequest>[] = [];
  readonly #waiting = new Map<string, number>();
  readonly #clients: ClientRecording;
  readonly #violations: TapeViolation[] = [];
  #notes: string[] = [];
  #decisions: Decision[] = [];
  #taken: number | undefined;
  #isNotable = false;
  /** Of the world's events, those that were written down to their end. */
  #executed = 0;
  /** Who plays which role in the scenario that goes on, if one does. */
  playedBy: PlayedBy | undefined;

  constructor(world: World, cluster: RecordedCluster) {
    this.#world = world;
    this.#cluster = cluster;
    this.#clients = new ClientRecording(cluster, () => ({ micros: world.nowMicros, event: this.#events.length }));
    this.#views = cluster.members.map(() => []);
    this.#seen = cluster.members.map((member) => ({
      status: undefined,
      isPaused: false,
      durable: 0,
      dueAt: undefined,
      machine: machineOf(member),
    }));
    const { usual } = cluster.conditions;
    this.#seenLinks = cluster.ids.flatMap((from) =>
      cluster.ids.flatMap((to) => (from === to ? [] : [{ from, to, isBlocked: false, settings: usual }])),
    );
    world.noted = (who, what) => this.#notes.push(who === "scenario" ? this.#stepText(what) : `${who}: ${what}`);
    world.afterEvent = (event) => {
      this.#executed = world.executed;
      this.#finish(event.scope.name, event.kind, event);
    };
    cluster.watch({ sent: (packet) => this.#sent(packet), taken: (number) => this.#take(number), gone: () => {} });
    this.#look(-1, true);
  }

  get tape(): Tape {
    return {
      members: this.#cluster.ids,
      events: this.#events,
      views: this.#views,
      packets: this.#packets,
      links: this.#links,
      usualLink: linkState(false, this.#cluster.conditions.usual),
      requests: this.#requests,
      operations: this.#clients.operations,
      violations: this.#violations,
      endMicros: this.#world.nowMicros,
      hash: this.#world.hash.digest(),
    };
  }

  decided(decision: Decision): void {
    this.#decisions.push(decision);
  }

  violated(violation: SafetyViolation): void {
    this.#isNotable = true;
    this.#violations.push({
      event: this.#events.length,
      property: violation.checker,
      message: violation.message.slice(violation.checker.length + 2),
    });
  }

  /** Something fell that ends the run: in the middle of an event, or, when everybody was waited for, between two. */
  fell({ property, message }: Violation): void {
    const place = this.#events.length;
    const isKnown = this.#violations.some((known) => known.event === place && known.property === property);
    const told = message.startsWith(`${property}: `) ? message.slice(property.length + 2) : message;
    if (!isKnown) this.#violations.push({ event: place, property, message: told });
    this.#isNotable = true;
    const { happening, executed } = this.#world;
    if (happening !== undefined && executed > this.#executed) {
      this.#executed = executed;
      return this.#finish(happening.scope.name, happening.kind, happening);
    }
    this.#notes.push(`The run ends here: ${told}`);
    this.#finish("run", "fault", undefined);
  }

  /** Something that the reader did, which is an event of its own. */
  acted(text: string): void {
    this.#notes.unshift(text);
    this.#isNotable = true;
    this.#finish("reader", "fault", undefined);
  }

  /** What only looks on, beside the checkers. */
  get checkers(): readonly Checker[] {
    return [this.#reads, this.#clients.checker];
  }

  /** Reads, as the cluster's clients see them. */
  readonly #reads: Checker = {
    name: "tape",
    readAsked: (member, id) => this.#asked("read", member.id, id, this.#cluster.record.committed.lastIndex),
    readReady: (member, id, index) => this.#answered(member.id, id, index),
  };

  /** A course writes its steps down as JSON. */
  #stepText(step: string): string {
    const { playedBy } = this;
    return `Scenario: ${playedBy === undefined ? step : describeStep(JSON.parse(step) as DirectedStep, playedBy)}`;
  }

  #asked(kind: TapeRequest["kind"], member: number, id: number, needed: number): void {
    this.#waiting.set(`${member}.${id}`, this.#requests.length);
    this.#requests.push({
      kind,
      member,
      id,
      askedAt: this.#world.nowMicros,
      askedIn: this.#events.length,
      answeredAt: undefined,
      answeredIn: undefined,
      index: undefined,
      needed,
    });
  }

  #answered(member: number, id: number, index: number): void {
    const request = this.#requests[this.#waiting.get(`${member}.${id}`) ?? -1];
    if (request === undefined) return;
    request.answeredAt = this.#world.nowMicros;
    request.answeredIn = this.#events.length;
    request.index = index;
    if (index < request.needed) this.#isNotable = true;
  }

  #sent({ number, from, to, bytes, arrivesAt }: SentPacket): void {
    const { type, text, about } = readable(bytes);
    const { options } = this.#cluster.members.find(({ id }) => id === from) ?? {};
    const ofState = type === "state" ? statePacket(bytes, options?.states) : undefined;
    this.#places.set(number, this.#packets.length);
    this.#packets.push({
      from,
      to,
      type,
      text: ofState?.text ?? text,
      bytes: ofState?.bytes ?? bytes.length,
      sentAt: this.#world.nowMicros,
      sentIn: this.#events.length,
      arrivesAt,
      takenIn: [],
      ...(about === undefined ? {} : { about }),
    });
  }

  #take(number: number): void {
    const place = this.#places.get(number);
    const packet = this.#packets[place ?? -1];
    if (place === undefined || packet === undefined) return;
    packet.arrivesAt ??= this.#world.nowMicros;
    packet.takenIn = [...packet.takenIn, this.#events.length];
    this.#taken = place;
  }

  #finish(scope: string, kind: string, _event: ScheduledEvent | undefined): void {
    const taken = this.#taken === undefined ? undefined : this.#packets[this.#taken];
    const named = taken?.to ?? Number.parseInt(scope, 10);
    // What reaches a member over a stream, say, is an event of the network.
    const member = Number.isInteger(named) ? named : this.#decisions[0]?.member;
    const event = this.#events.length;
    const hasChangedRole = this.#look(event, false);
    this.#lookAtLinks(event);
    this.#events.push({
      at: this.#world.nowMicros,
      member: member ?? 0,
      kind,
      notes: this.#notes,
      decisions: this.#decisions,
      packet: this.#taken,
      isNotable: this.#isNotable || hasChangedRole,
    });
    this.#notes = [];
    this.#decisions = [];
    this.#taken = undefined;
    this.#isNotable = false;
  }

  /** Adds the views of members that look otherwise now. Returns whether one of them leads, or leads no more, or is up or down. */
  #look(event: number, isFirst: boolean): boolean {
    let isNotable = false;
    for (const [at, member] of this.#cluster.members.entries()) {
      const seen = this.#seen[at] as Seen;
      const { status, scope, dueInMs } = member;
      const isPaused = scope?.paused ?? false;
      const durable = member.durable.last.index;
      const machine = isSameMachine(member, seen.machine) ? seen.machine : machineOf(member);
      // It waits by its own clock.
      const dueInMicros = ((dueInMs ?? 0) * 1000) / machine.clockRate;
      const dueAt = dueInMs === undefined ? undefined : this.#world.nowMicros + Math.round(dueInMicros);
      const isTimerMoved = Math.abs((dueAt ?? 0) - (seen.dueAt ?? 0)) > 1000;
      const isSameProcess = status === seen.status && isPaused === seen.isPaused && durable === seen.durable;
      if (isSameProcess && machine === seen.machine && !isTimerMoved && !isFirst) continue;
      const changes = this.#views[at] as ViewChange[];
      const before = changes.at(-1)?.view;
      const view = viewOf(
        member,
        { ...machine, isPaused, durable, dueAt, armedAt: this.#world.nowMicros },
        before,
        status === seen.status,
      );
      const isLeading = view.role === "leader" && view.isUp;
      const wasLeading = before !== undefined && before.role === "leader" && before.isUp;
      if (before?.isUp !== view.isUp || isLeading !== wasLeading) isNotable = true;
      changes.push({ event, view });
      seen.status = status;
      seen.isPaused = isPaused;
      seen.durable = durable;
      seen.dueAt = dueAt;
      seen.machine = machine;
    }
    return isNotable;
  }

  #lookAtLinks(event: number): void {
    const { conditions } = this.#cluster;
    const { usual } = conditions;
    for (const seen of this.#seenLinks) {
      const { from, to } = seen;
      const { blocked, settings } = conditions.link(from, to);
      if (blocked === seen.isBlocked && settings === seen.settings) continue;
      seen.isBlocked = blocked;
      seen.settings = settings;
      const state = linkState(blocked, settings);
      const isUsual = isSameLink(state, linkState(false, usual));
      this.#links.push({ ...state, event, from, to, isUsual });
    }
  }
}

function machineOf({ machine, disk, durable }: RecordedMember): MachineView {
  return { clockRate: machine.clock.rate, isDiskFull: disk.isFull, isForgotten: durable.wasWiped };
}

function isSameMachine({ machine, disk, durable }: RecordedMember, seen: MachineView): boolean {
  return (
    machine.clock.rate === seen.clockRate && disk.isFull === seen.isDiskFull && durable.wasWiped === seen.isForgotten
  );
}

function linkState(isBlocked: boolean, settings: LinkSettings): LinkState {
  const { minDelayMs, meanDelayMs, lossProbability, duplicateProbability } = settings;
  return {
    isBlocked,
    delayMs: minDelayMs,
    jitterMs: meanDelayMs,
    loss: lossProbability,
    duplicates: duplicateProbability,
  };
}

function viewOf(
  member: RecordedMember,
  parts: Pick<MemberView, "isPaused" | "durable" | "dueAt" | "armedAt"> & MachineView,
  before: MemberView | undefined,
  isSameStatus: boolean,
): MemberView {
  const { id, status, durable, log } = member;
  if (isSameStatus && before !== undefined && status !== undefined) return { ...before, ...parts };
  const { hardState } = durable;
  const base = status?.base.index ?? durable.base.index;
  const { configuration } = status ?? {};
  const entries = status === undefined ? durable.view : log;
  return {
    ...parts,
    id,
    isUp: status !== undefined,
    incarnation: member.incarnation,
    role: status?.role ?? "follower",
    term: status?.term ?? hardState.term,
    vote: status?.vote ?? hardState.vote,
    leader: status?.leader ?? 0,
    terms: keptIfEqual(before?.terms, entries.terms().slice(base + 1)),
    checksums: keptIfEqual(before?.checksums, entries.checksums().slice(base + 1)),
    base,
    commit: status?.commitIndex ?? hardState.commit,
    applied: status?.appliedIndex ?? durable.checkpoint.index,
    isQuarantined: status?.quarantined ?? false,
    configurationIndex: status?.configurationIndex ?? before?.configurationIndex ?? 0,
    timing: configuration?.timing ?? before?.timing,
    voters: configuration?.voters ?? before?.voters ?? [],
    outgoing: configuration?.outgoing ?? before?.outgoing ?? [],
    learners: configuration?.learners ?? before?.learners ?? [],
    transferringTo: status?.transferringTo ?? 0,
    followers: (status?.followers ?? []).map(({ id, state, match, next }) => ({ id, state, match, next })),
  };
}

/** What is the same as before is there once, however many views there are. */
function keptIfEqual(before: readonly number[] | undefined, now: readonly number[]): readonly number[] {
  const isEqual = before?.length === now.length && now.every((one, at) => one === before[at]);
  return isEqual ? before : now;
}

function readable(bytes: Uint8Array): Pick<TapePacket, "type" | "text" | "about"> {
  if (decodeDisowned(bytes) !== undefined)
    return { type: "disowned", text: "its disk was wiped: nobody listens to it" };
  try {
    const message = decodeMessage(bytes);
    return { type: message.type, text: describeMessage(message), about: factsOf(message) };
  } catch {
    // Pieces of a state go beside the core's messages.
    return { type: "state", text: `a piece of a state, ${bytes.length} bytes` };
  }
}
