/** Random prunings, states that are sent and installed, crashes around them: the logs of all members stay one history. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRaft, realRules } from "@quorate/raft";
import type { Effect, Entry, HardState, LogBase, LogPosition, MemberId, RaftCore, Rules } from "@quorate/raft";
import { command, configurationOf } from "./support/fixtures.ts";

type Persist = Extract<Effect, { type: "persist" }>;

/** A state machine's state: what was applied, as one number; and up to where. */
interface StateOf {
  readonly position: LogPosition;
  readonly hash: number;
}

const emptyState: StateOf = { position: { index: 0, term: 0 }, hash: 7 };
const firstBase: LogBase = {
  position: { index: 0, term: 0 },
  configuration: configurationOf([1, 2, 3]),
  configurationIndex: 0,
};

function after(state: StateOf, entry: Entry): StateOf {
  const hash = entry.frame.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, state.hash);
  return { position: { index: entry.index, term: entry.term }, hash };
}

/** A state on its way to be this member's: the intent is durable, the switch comes next. */
interface Intent extends LogBase {
  readonly leaderTerm: number;
  readonly state: StateOf;
}

/** One member: a core, a log and a state that survive crashes, and the steps in which a state is installed. */
class Member {
  readonly id: MemberId;
  readonly #world: World;
  core: RaftCore;
  incarnation = 0;
  sent: { to: MemberId; message: Extract<Effect, { type: "send" }>["message"] }[] = [];
  // On the disk.
  base: LogBase = firstBase;
  entries: Entry[] = [];
  hardState: HardState | undefined;
  checkpoint: StateOf = emptyState;
  intent: Intent | undefined;
  // In memory.
  waiting: Persist[] = [];
  state: StateOf = emptyState;
  /** Whom this leader is to send its state to. */
  wanted = new Map<MemberId, number>();

  constructor(world: World, id: MemberId) {
    this.#world = world;
    this.id = id;
    this.core = this.start();
  }

  get last(): LogPosition {
    const last = this.entries.at(-1);
    return last === undefined ? this.base.position : { index: last.index, term: last.term };
  }

  /** Starts on what the disk holds; the log agrees with a state that was switched, as `packages/wal` sees to. */
  start(): RaftCore {
    const { intent, checkpoint } = this;
    if (intent !== undefined && intent.state === checkpoint) {
      const { term, vote } = this.hardState ?? { term: 0, vote: 0 };
      const isOld = term >= intent.leaderTerm;
      const hardState = {
        term: isOld ? term : intent.leaderTerm,
        vote: isOld ? vote : 0,
        commit: intent.position.index,
      };
      this.write({ type: "persist", sequence: 0, truncateFrom: undefined, entries: [], hardState, base: intent });
    }
    this.intent = undefined;
    this.waiting = [];
    this.sent = [];
    this.wanted.clear();
    this.state = checkpoint;
    this.incarnation++;
    const { position, configuration, configurationIndex } = this.base;
    const termRuns = this.entries.flatMap(({ index, term }, at, all) =>
      all[at - 1]?.term === term ? [] : [{ firstIndex: index, term }],
    );
    const appliedIndex = checkpoint.position.index;
    assert.ok(appliedIndex <= this.last.index, `member ${this.id}: the state is ahead of its log`);
    this.core = createRaft({
      id: this.id,
      incarnation: this.incarnation,
      now: this.#world.now,
      hardState: this.hardState,
      log: {
        base: position,
        last: this.last,
        termRuns,
        configurations: [],
        entries: this.entries.slice(appliedIndex - position.index),
      },
      appliedIndex,
      configuration,
      configurationIndex,
      quarantined: false,
      random: () => this.#world.random(),
      rules: this.#world.rules,
      limits: { logCacheBytes: 200, stateAdvantageBytes: 0, maxAppendBytes: 150, maxInflightAppends: 3 },
    });
    this.core.observeStateBytes(20);
    return this.core;
  }

  /** What the disk makes of a record. */
  write({ truncateFrom, base, entries, hardState }: Persist): void {
    const { index } = this.base.position;
    if (truncateFrom !== undefined) this.entries.length = Math.min(this.entries.length, truncateFrom - 1 - index);
    if (base !== undefined) {
      const ours = base.position.index === index ? this.base.position : this.entries[base.position.index - 1 - index];
      if (ours?.term !== base.position.term) {
        this.base = base;
        this.entries = [];
      }
    }
    for (const entry of entries) {
      assert.equal(entry.index, this.last.index + 1, `member ${this.id}: a gap in its log`);
      this.entries.push(entry);
    }
    if (hardState !== undefined) this.hardState = hardState;
  }

  flush(): void {
    for (const effect of this.core.takeEffects()) {
      if (effect.type === "persist") this.waiting.push(effect);
      else if (effect.type === "send") this.sent.push({ to: effect.to, message: effect.message });
      else if (effect.type === "commit") this.#apply(effect.entries);
      else if (effect.type === "state-wanted") this.wanted.set(effect.to, effect.atLeast);
      else if (effect.type === "state-unwanted") this.wanted.delete(effect.to);
      else if (effect.type === "load") {
        const { index } = this.base.position;
        const found = this.entries.slice(Math.max(0, effect.from - 1 - index), effect.to - index);
        this.core.loaded(this.#world.now, effect.for, effect.from, found.length > 0 ? found : undefined);
      }
    }
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      // What an installed state holds already passes by.
      if (entry.index <= this.state.position.index) continue;
      assert.equal(entry.index, this.state.position.index + 1, `member ${this.id}: entries are applied without a gap`);
      this.state = after(this.state, entry);
      this.#world.noteApplied(this.id, this.state);
    }
    this.core.applied(this.#world.now, (entries.at(-1) as Entry).index);
  }
}

class World {
  now = 0;
  readonly rules: Rules;
  readonly members: Member[];
  /** What each place of the one history makes of the state, as the first member applied it. */
  readonly history = new Map<number, number>();
  installs = 0;
  /** Nobody hears this member, nor does it hear anybody; 0 for none. */
  isolated = 0;
  readonly #chance: () => number;

  constructor(rules: Rules, chance: () => number) {
    this.rules = rules;
    this.#chance = chance;
    this.members = [1, 2, 3].map((id) => new Member(this, id));
  }

  random(): number {
    return this.#chance();
  }

  noteApplied(id: MemberId, { position, hash }: StateOf): void {
    const known = this.history.get(position.index) ?? hash;
    assert.equal(hash, known, `member ${id}: another history at ${position.index}`);
    this.history.set(position.index, hash);
  }

  member(id: MemberId): Member {
    return this.members[id - 1] as Member;
  }

  deliver(from: Member): void {
    const next = from.sent.shift();
    if (next === undefined || from.id === this.isolated || next.to === this.isolated) return;
    const to = this.member(next.to);
    to.core.receive(this.now, from.id, from.incarnation, next.message);
    to.flush();
  }

  store(member: Member): void {
    const record = member.waiting.shift();
    if (record === undefined) return;
    member.write(record);
    if (record.base !== undefined && record.base.position.index === member.intent?.position.index) {
      member.intent = undefined;
    }
    member.core.stored(this.now, record.sequence, member.last);
    member.flush();
  }

  tick(member: Member): void {
    this.now = Math.max(this.now, Math.min(member.core.deadline(), this.now + 200));
    member.core.tick(this.now);
    member.flush();
  }

  /** The state goes to whom it is wanted for, in one piece; then it is installed, in steps between which a crash may come. */
  send(leader: Member, step: number): void {
    const [wanted] = leader.wanted;
    if (wanted === undefined) return;
    const [to, atLeast] = wanted;
    if (to === this.isolated || leader.id === this.isolated) return;
    const { state } = leader;
    const placed = leader.core.configurationAt(state.position.index);
    const target = this.member(to);
    if (placed === undefined || state.position.index < atLeast) return;
    leader.wanted.delete(to);
    const { configuration, index } = placed;
    const leaderTerm = leader.core.status().term;
    const isNewer = state.position.index > target.state.position.index;
    if (isNewer)
      this.#install(
        target,
        { position: state.position, configuration, configurationIndex: index, leaderTerm, state },
        step,
      );
    leader.core.stateSent(this.now, to, step < 3 ? undefined : state.position);
    leader.flush();
  }

  #install(target: Member, intent: Intent, step: number): void {
    if (step === 0) return target.start() && undefined;
    target.intent = intent;
    if (step === 1) return target.start() && undefined;
    target.checkpoint = intent.state;
    if (step === 2) return target.start() && undefined;
    target.state = intent.state;
    this.installs++;
    const { position, configuration, configurationIndex, leaderTerm } = intent;
    target.core.installed(this.now, position, configuration, configurationIndex, leaderTerm);
    target.flush();
  }

  checkpoint(member: Member): void {
    // No further than the log on the disk leads: the apply comes after the sync.
    member.checkpoint = member.state;
  }

  /** The log goes as far as the checkpoint covers it, in the core and, some time, on the disk. */
  prune(member: Member, part: number): void {
    const { position } = member.base;
    const to = Math.floor(position.index + part * (member.checkpoint.position.index - position.index));
    const entry = member.entries[to - 1 - position.index];
    if (entry === undefined || to > member.core.status().appliedIndex) return;
    const placed = member.core.configurationAt(to);
    assert.ok(placed, "the configuration at a place that is pruned is known");
    if (to <= member.core.status().base.index) return;
    member.core.prune(this.now, { index: to, term: entry.term });
    member.flush();
    if (member.waiting.some(({ base, truncateFrom }) => base !== undefined || truncateFrom !== undefined)) return;
    member.entries.splice(0, to - position.index);
    const { configuration, index } = placed;
    member.base = { position: { index: to, term: entry.term }, configuration, configurationIndex: index };
  }

  /** Everything is delivered and stored until all have the same, or it takes too long. */
  converge(): void {
    this.isolated = 0;
    for (let round = 0; round < 4000; round++) {
      for (const member of this.members) {
        for (let count = member.sent.length; count > 0; count--) this.deliver(member);
        while (member.waiting.length > 0) this.store(member);
        if (member.wanted.size > 0) this.send(member, 3);
        if (member.core.deadline() <= this.now) {
          member.core.tick(this.now);
          member.flush();
        }
      }
      if (round % 5 === 0) this.now += 10;
      if (round % 40 === 39 && this.#agree()) return;
    }
    assert.fail(
      `they never agree: ${this.members.map(({ state, core }) => `${state.position.index} ${core.status().role}`).join(", ")}`,
    );
  }

  #agree(): boolean {
    const [first] = this.members;
    const isLed = this.members.some(({ core }) => core.status().role === "leader");
    const isSame = this.members.every(
      ({ state, last }) => state.position.index === first?.state.position.index && last.index === state.position.index,
    );
    return isLed && isSame && (first?.state.position.index ?? 0) > 0;
  }
}

/** Random steps: what is done, to whom, and how far. */
function live(world: World, steps: number): void {
  const below = (bound: number): number => Math.floor(world.random() * bound);
  for (let step = 0; step < steps; step++) {
    const [what, how] = [below(100), below(1000)];
    const member = world.members[below(3)] as Member;
    if (what < 40) for (let count = how % 4; count >= 0; count--) world.deliver(member);
    else if (what < 60) world.store(member);
    else if (what < 70) world.tick(member);
    else if (what < 82) {
      member.core.propose(world.now, [command("x".repeat(how % 90))]);
      member.flush();
    } else if (what < 86) world.checkpoint(member);
    else if (what < 90) world.prune(member, how / 999);
    else if (what < 95) world.send(member, how % 7);
    else if (what < 98) member.sent.splice(how % 5, 3);
    else if (what < 99) member.core.unreachable(world.now, 1 + (how % 3));
    else if (how % 3 === 0) member.start();
    else if (how % 3 === 1) world.isolated = below(5);
  }
}

/** A reproducible source of chance for election timers. */
function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

function runs(rules: Rules, numRuns: number): { installs: number; failure: string | undefined } {
  let installs = 0;
  for (let seed = 1; seed <= numRuns; seed++) {
    const world = new World(rules, chanceOf(seed * 7919));
    try {
      world.converge();
      live(world, 2000);
      world.converge();
    } catch (error) {
      return { installs, failure: `seed ${seed}: ${error instanceof Error ? error.message : "unknown"}` };
    }
    installs += world.installs;
  }
  return { installs, failure: undefined };
}

test("whatever is pruned, sent, installed, lost and crashed, all members apply one history and end with the same state", (context) => {
  const { installs, failure } = runs(realRules, 250);
  assert.equal(failure, undefined);
  context.diagnostic(`${installs} states were installed`);
  assert.ok(installs > 100);
});

test("a suffix that is always dropped, or kept behind another history, is noticed", (context) => {
  const broken: readonly (readonly [string, Partial<Rules>])[] = [
    ["dropped", { keepsSuffix: () => false }],
    ["kept", { keepsSuffix: (ours) => ours !== undefined }],
  ];
  for (const [name, rule] of broken) {
    const { failure } = runs({ ...realRules, ...rule }, 400);
    context.diagnostic(`${name}: ${failure}`);
    assert.ok(failure !== undefined, name);
  }
});
