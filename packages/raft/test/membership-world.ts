import {
  decodeConfiguration,
  entryKinds,
  isVoter,
  payloadOf,
  realRules,
  type Configuration,
  type Entry,
  type MemberId,
  type Message,
  type Rules,
  type VoterSets,
} from "@quorate/raft";
import { addressesOf, configurationOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

/** What a schedule does to the world, with numbers that are taken modulo what there is. */
export type Act =
  | { readonly kind: "run"; readonly ms: number }
  | { readonly kind: "propose"; readonly who: number }
  | {
      readonly kind: "change";
      readonly who: number;
      readonly voters: number;
      readonly learners: number;
      readonly promoted: boolean;
    }
  | { readonly kind: "abandon"; readonly who: number }
  | { readonly kind: "transfer"; readonly who: number; readonly to: number }
  | { readonly kind: "crash"; readonly who: number; readonly written: number }
  | { readonly kind: "start"; readonly who: number }
  | { readonly kind: "split"; readonly groups: number }
  | { readonly kind: "heal" };

export const memberIds: readonly MemberId[] = [1, 2, 3, 4, 5, 6];
const founders: readonly MemberId[] = [1, 2, 3];

/** A generator of numbers in [0, 1) that a seed decides (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Member {
  readonly id: MemberId;
  node: Node | undefined;
  incarnation: number;
  /** What survives a crash. */
  disk: { entries: Entry[]; hardState: Node["hardState"] };
  /** The log with what is not durable yet. */
  log: Entry[];
}

interface Flight {
  readonly from: MemberId;
  readonly incarnation: number;
  readonly to: MemberId;
  readonly message: Message;
  readonly at: number;
}

/**
 * Members that come and go over a network that delays, loses, repeats and reorders, with everything checked after each
 * step: Election Safety, State Machine Safety, Leader Completeness, and what must hold of configurations.
 */
export class MembershipWorld {
  now = 0;
  readonly members = new Map<MemberId, Member>();
  readonly #random: () => number;
  readonly #rules: Rules;
  readonly #leaders = new Map<number, string>();
  readonly #committed = new Map<number, Entry>();
  #flights: Flight[] = [];
  #group = new Map<MemberId, number>();
  #calm = false;
  #proposals = 0;
  /** How often each thing happened, so that a schedule that shows nothing is noticed. */
  readonly reached = new Map<string, number>();

  constructor(seed: number, rules: Rules = realRules) {
    this.#random = randomFrom(seed);
    this.#rules = rules;
    for (const id of memberIds) {
      const disk = { entries: [], hardState: undefined };
      this.members.set(id, { id, node: undefined, incarnation: 0, disk, log: [] });
      this.#start(id);
    }
  }

  act(act: Act): void {
    const member = "who" in act ? this.#pick(act.who) : undefined;
    const leader = this.#leader();
    switch (act.kind) {
      case "run":
        this.run(act.ms);
        break;
      case "propose":
        (leader ?? member?.node)?.propose(`p${this.#proposals++}`);
        break;
      case "change":
        this.#change(leader, act);
        break;
      case "abandon":
        if (leader?.abandon().ok === true) this.#reach("abandoned");
        break;
      case "transfer":
        leader?.transfer(memberIds[act.to % memberIds.length]);
        break;
      case "crash":
        if (member !== undefined) this.#crash(member, act.written);
        break;
      case "start":
        if (member !== undefined && member.node === undefined) this.#start(member.id);
        break;
      case "split":
        for (const [at, id] of memberIds.entries()) this.#group.set(id, (act.groups >> (2 * at)) % 3);
        break;
      case "heal":
        this.#group.clear();
        break;
    }
    this.#collect();
  }

  run(ms: number): void {
    for (const end = this.now + ms; this.now < end; ) {
      this.now += 10;
      for (const { node } of this.members.values()) {
        if (node === undefined) continue;
        node.now = this.now;
        if (node.pendingPersists.length > 0 && this.#random() < 0.7) {
          node.completePersists(1 + Math.floor(this.#random() * node.pendingPersists.length));
        }
        if (node.core.deadline() <= this.now) node.advance(0);
      }
      this.#deliver();
    }
  }

  /** Everybody is up and hears everybody, and nothing is lost any more: what must come of it. */
  recover(): void {
    this.#calm = true;
    this.#group.clear();
    for (const { id, node } of this.members.values()) if (node === undefined) this.#start(id);
    this.run(10_000);
    const leader = this.#leader();
    if (leader === undefined) throw new Error("nobody leads although everybody is up");
    const { configuration } = leader.core.status();
    if (configuration.outgoing.length > 0) throw new Error("the joint configuration is not left");
    if (!configuration.voters.includes(leader.id)) throw new Error("a member leads that is no voter");
    if (configuration.learners.some((id) => configuration.promotable.includes(id))) {
      throw new Error("a learner that is caught up is not promoted");
    }
    leader.propose("last");
    this.run(1000);
    const { commitIndex, last } = leader.core.status();
    if (commitIndex !== last.index) throw new Error(`entry ${last.index} is never committed: ${commitIndex}`);
    for (const id of [...configuration.voters, ...configuration.learners]) {
      const node = this.members.get(id)?.node;
      if (node?.core.status().commitIndex !== commitIndex) throw new Error(`member ${id} does not converge`);
    }
  }

  #pick(choice: number): Member {
    return this.members.get(memberIds[choice % memberIds.length] as MemberId) as Member;
  }

  #leader(): Node | undefined {
    let newest: Node | undefined;
    for (const { node } of this.members.values()) {
      if (node?.role === "leader" && node.term > (newest?.term ?? 0)) newest = node;
    }
    return newest;
  }

  #change(leader: Node | undefined, act: Extract<Act, { kind: "change" }>): void {
    if (leader === undefined) return;
    const { removed, voters: present } = leader.core.status().configuration;
    const able = memberIds.filter((id) => !removed.includes(id));
    const chosen = able.filter((_, at) => (act.voters >> at) % 2 === 1);
    // The founders never leave for good, so that there is always somebody to go on with.
    const voters = chosen.length === 0 ? present : chosen;
    const learners = able.filter(
      (id, at) => !voters.includes(id) && ((act.learners >> at) % 2 === 1 || founders.includes(id)),
    );
    const members = addressesOf(...[...voters, ...learners].sort((a, b) => a - b));
    const answer = leader.change({ voters, learners, promotable: act.promoted ? learners.slice(0, 1) : [], members });
    this.#reach(answer.ok ? "changed" : answer.refusal.reason);
    if (answer.ok && !voters.includes(leader.id)) this.#reach("leader removed");
  }

  #start(id: MemberId): void {
    const member = this.members.get(id) as Member;
    member.incarnation++;
    member.log = [...member.disk.entries];
    member.node = new Node({
      id,
      now: this.now,
      incarnation: member.incarnation,
      configuration: configurationOf(founders.includes(id) ? founders : []),
      entries: member.disk.entries,
      ...(member.disk.hardState === undefined ? {} : { hardState: member.disk.hardState }),
      manualDisk: true,
      random: this.#random,
      rules: this.#rules,
    });
    this.#collect();
  }

  /** Of what was being written, the first `written` writes have reached the disk. */
  #crash(member: Member, written: number): void {
    const { node } = member;
    if (node === undefined) return;
    this.#reach("crash");
    this.#collect();
    const entries = [...node.stored];
    let { hardState } = node;
    for (const persist of node.pendingPersists.slice(0, written)) {
      if (persist.truncateFrom !== undefined) entries.length = persist.truncateFrom - 1;
      entries.push(...persist.entries);
      hardState = persist.hardState ?? hardState;
    }
    member.disk = { entries, hardState };
    member.node = undefined;
  }

  #isCut(one: MemberId, other: MemberId): boolean {
    return (this.#group.get(one) ?? 0) !== (this.#group.get(other) ?? 0);
  }

  /** Takes what members sent, and looks at what they did. */
  #collect(): void {
    for (const member of this.members.values()) {
      const { node } = member;
      if (node === undefined) continue;
      for (const { to, message } of node.sent.splice(0)) this.#send(member, to, message);
      if (node.effects.length === 0) continue;
      for (const effect of node.effects.splice(0)) {
        if (effect.type === "persist") {
          if (effect.truncateFrom !== undefined) {
            member.log.length = effect.truncateFrom - 1;
            this.#reach("truncated");
          }
          member.log.push(...effect.entries);
        } else if (effect.type === "commit") for (const entry of effect.entries) this.#checkCommitted(member, entry);
        else if (effect.type === "role") this.#checkRole(member, effect);
        else if (effect.type === "transfer-ended") this.#reach(`transfer ${effect.outcome}`);
      }
      this.#checkConfiguration(member, node);
    }
  }

  #send({ id, incarnation }: Member, to: MemberId, message: Message): void {
    const copies = this.#calm ? 1 : [0, 1, 1, 1, 1, 1, 1, 1, 1, 2][Math.floor(this.#random() * 10)];
    for (let copy = 0; copy < (copies as number); copy++) {
      const delayMs = this.#random() < 0.95 || this.#calm ? this.#random() * 10 : this.#random() * 1500;
      this.#flights.push({ from: id, incarnation, to, message, at: this.now + delayMs });
    }
  }

  #deliver(): void {
    this.#collect();
    const due = this.#flights.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at);
    if (due.length === 0) return;
    this.#flights = this.#flights.filter(({ at }) => at > this.now);
    for (const { from, incarnation, to, message } of due) {
      const node = this.members.get(to)?.node;
      if (node === undefined || this.#isCut(from, to)) continue;
      node.receive(from, message, incarnation);
    }
    this.#collect();
  }

  #checkRole({ id, incarnation, log }: Member, effect: { readonly role: string; readonly term: number }): void {
    if (effect.role === "candidate" && !mayStand(id, log, this.members.get(id)?.node?.core.status().commitIndex ?? 0)) {
      throw new Error(`member ${id} stands for election and is no voter`);
    }
    if (effect.role !== "leader") return;
    const self = `${id}.${incarnation}`;
    const known = this.#leaders.get(effect.term);
    if (known !== undefined && known !== self)
      throw new Error(`election safety: ${known} and ${self} in term ${effect.term}`);
    this.#leaders.set(effect.term, self);
    for (const [index, entry] of this.#committed) {
      if (entry.term < effect.term && log[index - 1]?.term !== entry.term) {
        throw new Error(
          `leader completeness: member ${id} leads term ${effect.term} without entry ${index}@${entry.term}`,
        );
      }
    }
  }

  #checkCommitted({ id }: Member, entry: Entry): void {
    const known = this.#committed.get(entry.index);
    if (known === undefined) this.#committed.set(entry.index, entry);
    else if (known.term !== entry.term || known.frame.length !== entry.frame.length) {
      throw new Error(`state machine safety: member ${id} applies ${entry.index}@${entry.term}, another ${known.term}`);
    }
  }

  /** Configuration safety, and that what is in force is what the log says. */
  #checkConfiguration({ id, log }: Member, node: Node): void {
    const { configuration, commitIndex, role } = node.core.status();
    const expected = lastConfiguration(id, log);
    if (JSON.stringify(expected) !== JSON.stringify(configuration)) {
      throw new Error(`configuration: member ${id} counts with ${node.deciders}, its log says otherwise`);
    }
    if (role !== "leader") return;
    const uncommitted = log.filter(({ index, kind }) => kind === entryKinds.configuration && index > commitIndex);
    const [first, second] = uncommitted.map((entry) => decodeConfiguration(payloadOf(entry)));
    const goesBack = first !== undefined && second !== undefined && isBack(first, second);
    if (uncommitted.length > (goesBack ? 2 : 1)) {
      throw new Error(`configuration safety: leader ${id} has ${uncommitted.length} changes that are not committed`);
    }
    if (uncommitted.length === 0) return;
    const all = [startOf(id), ...log.filter(isConfiguration).map((entry) => decodeConfiguration(payloadOf(entry)))];
    for (const [at, next] of all.entries()) {
      const before = all[at - 1];
      if (before === undefined || before.voters.length === 0) continue;
      if (!overlap(before, next)) throw new Error(`configuration safety: two that follow each other can decide apart`);
    }
  }

  #reach(what: string): void {
    this.reached.set(what, (this.reached.get(what) ?? 0) + 1);
  }
}

function isConfiguration({ kind }: Entry): boolean {
  return kind === entryKinds.configuration;
}

function startOf(id: MemberId): Configuration {
  return configurationOf(founders.includes(id) ? founders : []);
}

function lastConfiguration(id: MemberId, log: readonly Entry[]): Configuration {
  const entry = log.findLast(isConfiguration);
  return entry === undefined ? startOf(id) : decodeConfiguration(payloadOf(entry));
}

/** A voter of the last committed configuration or of one after it (dissertation §4.2.2). */
function mayStand(id: MemberId, log: readonly Entry[], commit: number): boolean {
  const entries = log.filter(isConfiguration);
  const committed = entries.findLast(({ index }) => index <= commit);
  const later = entries.filter(({ index }) => index > commit);
  const last = committed === undefined ? startOf(id) : decodeConfiguration(payloadOf(committed));
  return [last, ...later.map((entry) => decodeConfiguration(payloadOf(entry)))].some((one) => isVoter(one, id));
}

function isBack(joint: Configuration, back: Configuration): boolean {
  return joint.outgoing.length > 0 && back.outgoing.length === 0 && joint.outgoing.join() === back.voters.join();
}

const overlaps = new Map<string, boolean>();

/** Whether no two groups, one that may decide under each configuration, are without a common member: all are tried. */
function overlap(one: VoterSets, other: VoterSets): boolean {
  const key = `${one.voters.join()}|${one.outgoing.join()}|${other.voters.join()}|${other.outgoing.join()}`;
  let found = overlaps.get(key);
  if (found === undefined) {
    found = true;
    for (let group = 0; group < 1 << memberIds.length; group++) {
      if (decides(one, group) && decides(other, ~group)) found = false;
    }
    overlaps.set(key, found);
  }
  return found;
}

function decides({ voters, outgoing }: VoterSets, group: number): boolean {
  const isIn = (id: MemberId): boolean => ((group >> (id - 1)) & 1) === 1;
  const has = (ids: readonly MemberId[]): boolean => ids.length === 0 || 2 * ids.filter(isIn).length > ids.length;
  return has(voters) && has(outgoing);
}
