import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRunFile, parseRunFile, replay, RunFileError, simulate, simulationOf } from "../../src/index.ts";
import { Ledger, ledgers } from "./ledger.ts";

test("a sound state machine passes, and the report says what was done", () => {
  const report = simulate({ ...ledgers, seeds: 12 });
  assert.equal(report.failure, undefined, report.text);
  assert.equal(report.seeds, 12);
  assert.ok(report.operations > 200, `${report.operations} operations`);
  assert.ok(report.elections >= 12);
  assert.match(report.text, /^ledger: 12 seeds, \d+ operations, .*: everything holds/);
});

test("the same seed is the same run", () => {
  const simulation = simulationOf(ledgers);
  for (const seed of [3, 4]) assert.equal(simulation.runSeed(seed).result.hash, simulation.runSeed(seed).result.hash);
  assert.notEqual(simulation.runSeed(3).result.hash, simulation.runSeed(4).result.hash);
});

test("a machine that rolls dice is not deterministic, and the first answer that differs is shown", () => {
  class Dice extends Ledger {
    override apply(command: Uint8Array): number {
      return super.apply(command) + Math.floor(Math.random() * 1000);
    }
  }
  const { failure } = simulate({ ...ledgers, machine: () => new Dice(), model: undefined, seeds: 3 });
  assert.equal(failure?.property, "determinism");
  assert.match(
    failure.line,
    /entry \d+, \{"do":"add","amount":\d\}, was answered \d+ by member \d and \d+ by member \d/,
  );
});

test("a machine that reads the wall clock is not deterministic, and the first state that differs is shown", () => {
  class Dated extends Ledger {
    readonly #times: number[] = [];
    override apply(command: Uint8Array): number {
      this.#times.push(Date.now());
      return super.apply(command);
    }
    override snapshot(): Uint8Array {
      return new TextEncoder().encode(JSON.stringify(this.#times));
    }
    override restore(): void {}
  }
  // Without checkpoints: this one forgets what it is given.
  const { failure } = simulate({
    ...ledgers,
    machine: () => new Dated(),
    model: undefined,
    seeds: 20,
    adjust: (swarm) => ({ ...swarm, faults: {} }),
  });
  assert.equal(failure?.property, "determinism");
  assert.match(
    failure.message,
    /after entry \d+, \{"do":"add","amount":\d\} the state of member \d is .*, and that of member \d is/,
  );
});

test("what members share behind Quorate's back is not deterministic", () => {
  let everywhere = 0;
  class Shared extends Ledger {
    override apply(command: Uint8Array): number {
      super.apply(command);
      return ++everywhere;
    }
  }
  const { failure } = simulate({ ...ledgers, machine: () => new Shared(), model: undefined, seeds: 3 });
  assert.equal(failure?.property, "determinism");
});

test("a snapshot that does not hold everything is told from a machine that is not deterministic", () => {
  class Forgetful extends Ledger {
    #count = 0;
    override apply(command: Uint8Array): number {
      super.apply(command);
      return ++this.#count;
    }
  }
  const { failure } = simulate({ ...ledgers, machine: () => new Forgetful(), model: undefined, seeds: 50 });
  assert.equal(failure?.property, "checkpoint");
  assert.match(failure.message, /started from its checkpoint at entry \d+/);
  assert.match(failure.message, /the snapshot does not hold everything/);
});

test("a state that is not the one that the snapshot was taken of is found at the restart", () => {
  class Reversed extends Ledger {
    override restore(snapshot: Uint8Array): void {
      super.restore(snapshot.toReversed());
    }
  }
  const { failure } = simulate({ ...ledgers, machine: () => new Reversed(), model: undefined, seeds: 50 });
  assert.equal(failure?.property, "checkpoint");
  assert.match(failure.message, /does not have the state that it was taken of/);
});

test("answers that one client alone would never see are not linearizable", () => {
  class Late extends Ledger {
    override apply(command: Uint8Array): number {
      const before = this.sum;
      super.apply(command);
      // Right until somebody looks closely.
      return this.amounts.length > 20 ? before : this.sum;
    }
  }
  const { failure } = simulate({ ...ledgers, machine: () => new Late(), seeds: 20 });
  assert.equal(failure?.property, "linearizability");
  assert.match(failure.picture ?? "", /^<svg .*Not linearizable/s);
});

test("an invariant is asked after every entry on every member, and may answer, say why, or throw", () => {
  const told: string[] = [];
  const invariants = {
    "stays small": ({ amounts }: Ledger) => amounts.length < 15,
    "says why": ({ amounts }: Ledger) => amounts.length < 15 || `there are ${amounts.length}`,
    throws: ({ amounts }: Ledger) => assert.ok(amounts.length < 15, "too many"),
  };
  for (const [name, holds] of Object.entries(invariants)) {
    const { failure } = simulate({ ...ledgers, seeds: 5, invariants: { [name]: holds } });
    assert.equal(failure?.property, name);
    told.push(failure.message);
  }
  const [plain = "", why = "", thrown = ""] = told;
  assert.match(plain, /does not hold on member \d after entry \d+, \{"do":"add","amount":\d\}$/);
  assert.match(why, /: there are 15$/);
  assert.match(thrown, /: too many$/);
});

test("states that no seed came by are named", () => {
  const sometimes = {
    "a sum over ten": ({ sum }: Ledger) => sum > 10,
    "a negative sum": ({ sum }: Ledger) => sum < 0,
  };
  const report = simulate({ ...ledgers, seeds: 3, sometimes });
  assert.deepEqual(report.neverReached, ["a negative sum"]);
  assert.match(report.text, /never came by "a negative sum"/);
});

test("an exception in the machine says where it comes from", () => {
  for (const method of ["apply", "snapshot", "restore"] as const) {
    class Throwing extends Ledger {}
    Throwing.prototype[method] = () => {
      throw new TypeError("oh");
    };
    // Nobody looks at the state but the members.
    const { failure } = simulate({ ...ledgers, machine: () => new Throwing(), digest: () => "", seeds: 20 });
    assert.equal(failure?.property, "exception");
    assert.match(failure.message, new RegExp(`\`${method}\` of the state machine of member \\d threw TypeError: oh`));
  }
});

test("a failure comes with one line to run it again, its trace, and a file that falls again and shrinks", () => {
  const invariants = { "no nine": ({ amounts }: Ledger) => !amounts.includes(9) };
  const { failure } = simulate({ ...ledgers, invariants, seeds: 5, command: "node ledger.ts SEED" });
  assert.ok(failure !== undefined);
  assert.ok(!failure.line.includes("\n"));
  assert.ok(failure.line.endsWith(`(again: node ledger.ts ${failure.seed})`), failure.line);
  const trace = failure.trace();
  assert.ok(trace.some((line) => /applies entry \d+, \{"do":"add","amount":9\}/.test(line)));

  const { file } = failure;
  assert.ok(file !== undefined);
  const simulation = simulationOf({ ...ledgers, invariants });
  const kept = parseRunFile(formatRunFile(file));
  assert.equal(simulation.replay(kept).verdict, "same");
  assert.equal(simulationOf(ledgers).replay(kept).verdict, "did not fall");
  const small = failure.shrink();
  assert.ok(small?.isMinimal);
  assert.equal(small.file.events.length, 1, JSON.stringify(small.file.events));
  assert.equal(small.file.violation.property, "no nine");
});

test("a kept run is played by its own simulation only", () => {
  const { failure } = simulate({ ...ledgers, invariants: { never: () => false }, seeds: 1 });
  assert.ok(failure?.file !== undefined);
  const { file } = failure;
  assert.throws(
    () => simulationOf({ ...ledgers, name: "another" }).replay(file),
    /is a run of "ledger", not of "another"/,
  );
  assert.throws(() => replay(file), RunFileError);
});

test("a workload that only reads is refused: nobody could tell whether the healed cluster works", () => {
  const workload = { ...ledgers.workload, draw: () => ({ do: "read" }) as const };
  assert.throws(() => simulate({ ...ledgers, workload, seeds: 1 }), /none has a command/);
});

test("seeds that are none are refused: nothing would run, and everything would hold", () => {
  for (const wrong of [{ from: Number("xyz") }, { from: -1 }, { seeds: 0 }, { seeds: 1.5 }, { from: 2 ** 53 }]) {
    assert.throws(() => simulate({ ...ledgers, ...wrong }), RangeError, JSON.stringify(wrong));
  }
});
