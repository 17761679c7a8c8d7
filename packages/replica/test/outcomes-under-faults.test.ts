import assert from "node:assert/strict";
import { test } from "node:test";
import { perfectLink, type RandomStream } from "@quorate/simulator";
import { SimulatedCluster } from "./support/simulated-cluster.ts";

interface Write {
  readonly command: string;
  outcome: string | undefined;
}

interface Read {
  /** Writes that were answered before the read was asked for. */
  readonly mustSee: readonly string[];
  readonly told: { outcome: string | undefined };
}

const size = 3;
const ids = [1, 2, 3];

/** A run of random writes and reads on all members while processes crash and links break. */
class Run {
  readonly cluster: SimulatedCluster;
  readonly writes: Write[] = [];
  readonly reads: Read[] = [];
  readonly #random: RandomStream;
  readonly #down = new Set<number>();

  constructor(seed: number, style: "stream" | "datagrams") {
    this.cluster = new SimulatedCluster(size, { seed, checkpoint: { dirtyBytes: 60, intervalMs: 2000 } });
    this.#random = this.cluster.world.streams.stream("test");
    this.cluster.conditions.setAll({ ...perfectLink, style, lossProbability: 0.01, duplicateProbability: 0.1 });
  }

  step(): void {
    const random = this.#random;
    const id = 1 + Math.floor(random.next() * size);
    if (this.#down.has(id)) {
      if (random.chance(0.3)) this.#restart(id);
    } else if (random.chance(0.02) && this.#down.size < size - 1) {
      this.#crash(id);
    } else if (random.chance(0.02)) {
      this.cluster.conditions.partition(ids, [id]);
    } else if (random.chance(0.1)) {
      this.cluster.conditions.heal();
    } else if (random.chance(0.3)) {
      this.#read(id);
    } else {
      this.#write(id);
    }
    this.cluster.world.run(random.next() * 40);
  }

  finish(): void {
    this.cluster.conditions.heal();
    this.cluster.conditions.setAll(perfectLink);
    for (const id of this.#down) this.#restart(id);
    this.cluster.elect();
    this.cluster.world.run(6000);
  }

  #write(id: number): void {
    const command = `w${this.writes.length}`;
    this.writes.push(Object.assign(this.cluster.propose(id, command), { command }));
  }

  #read(id: number): void {
    const mustSee = this.writes.filter(({ outcome }) => outcome?.includes("@")).map(({ command }) => command);
    this.reads.push({ mustSee, told: this.cluster.read(id) });
  }

  #crash(id: number): void {
    this.#down.add(id);
    this.cluster.crash(id);
  }

  #restart(id: number): void {
    this.#down.delete(id);
    this.cluster.start(id);
  }
}

/** Outcomes that say for certain that nothing was or will be applied. */
const never = new Set(["leader-changed", "no-leader", "busy", "too-large"]);
const perhaps = new Set(["outcome-unknown", "timeout", "stopped"]);

for (const style of ["stream", "datagrams"] as const) {
  test(`what callers are told is true, whatever crashes and breaks (links like ${style})`, () => {
    const seen = new Map<string, number>();
    let readsServed = 0;
    for (let seed = 1; seed <= 25; seed++) {
      const run = new Run(seed, style);
      run.cluster.elect();
      for (let step = 0; step < 300; step++) run.step();
      run.finish();
      const where = `seed ${seed}`;
      const { commands } = run.cluster.member(1).journal;
      for (const id of ids) {
        const member = run.cluster.member(id);
        assert.equal(member.fatal, undefined, where);
        assert.equal(member.journal.text, commands.join(","), `${where}: all applied the same sequence`);
        assert.equal(member.replica.status.proposalsWaiting, 0, `${where}: nobody waits for ever`);
        assert.equal(member.replica.status.readsWaiting, 0, `${where}: nobody waits for ever`);
      }
      const applied = new Set(commands);
      assert.equal(applied.size, commands.length, `${where}: nothing is applied twice`);
      for (const { command, outcome } of run.writes) {
        // A caller whose process crashed is told nothing.
        if (outcome === undefined) continue;
        const isDone = outcome.startsWith(`${command}@`);
        assert.ok(isDone || never.has(outcome) || perhaps.has(outcome), `${where}: ${command} was told ${outcome}`);
        if (isDone) assert.ok(applied.has(command), `${where}: ${command} was acknowledged`);
        if (never.has(outcome)) assert.ok(!applied.has(command), `${where}: ${command} was told ${outcome}`);
        const kind = isDone ? "applied" : outcome;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }
      for (const { mustSee, told } of run.reads) {
        if (told.outcome === undefined || /^(?:no-leader|timeout|busy)$/.test(told.outcome)) continue;
        readsServed++;
        const state = new Set(told.outcome.split(","));
        for (const command of mustSee) assert.ok(state.has(command), `${where}: a read missed ${command}`);
      }
    }
    for (const outcome of ["applied", "leader-changed", "outcome-unknown"]) {
      assert.ok((seen.get(outcome) ?? 0) > 0, `${outcome} happened: ${JSON.stringify([...seen])}`);
    }
    assert.ok(readsServed > 300, `${readsServed} reads were served`);
  });
}
