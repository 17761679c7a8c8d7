import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError, type Host } from "@quorate/host";
import type { Configuration } from "@quorate/raft";
import {
  Drive,
  healthyDrive,
  idealClock,
  NetworkConditions,
  simulatedHost,
  SimulatedInternet,
  SimulatedNetwork,
  World,
  type Scope,
} from "@quorate/simulator";
import { createPeerTransport } from "@quorate/transport";
import type { ReplicaStartError } from "../src/errors.ts";
import type { Replica } from "../src/interface.ts";
import { memoryMachine, type MemoryState } from "../src/memory-machine.ts";
import { openReplica } from "../src/open-replica.ts";
import type { ReplicaOptions } from "../src/options.ts";
import type { StateMachine } from "../src/state-machine.ts";

interface Opened {
  readonly error: ReplicaStartError | undefined;
  readonly replica: Replica<string>;
}

/** The production log and state file of one member on a simulated disk, through several lives. */
class Machine {
  readonly world: World;
  readonly drive: Drive;
  readonly lines: string[] = [];
  readonly #internet: SimulatedInternet;
  readonly #network: SimulatedNetwork;
  #scope: Scope;
  #lives = 0;
  value = "";

  constructor(seed = 1) {
    this.world = new World(seed);
    this.drive = new Drive(this.world.streams.stream("drive"), healthyDrive);
    const conditions = new NetworkConditions(this.world.streams);
    this.#internet = new SimulatedInternet(this.world, conditions);
    this.#network = new SimulatedNetwork(this.world, conditions);
    this.#scope = this.world.scope("m1");
    const host = this.host();
    this.wait<void>((done) => host.disk.makeDirectory("/m1", () => host.disk.syncDirectory("/", () => done())));
  }

  host(): Host {
    this.#scope = this.world.scope(`m1.${++this.#lives}`);
    const parts = { member: 1, scope: this.#scope, clock: idealClock, drive: this.drive, internet: this.#internet };
    return simulatedHost(this.world, parts);
  }

  wait<T>(begin: (done: (value: T) => void) => void): T {
    const found: T[] = [];
    begin((value) => found.push(value));
    assert.ok(
      this.world.runUntil(() => found.length > 0, 60_000),
      "it completes",
    );
    return found[0] as T;
  }

  open(changes: Partial<ReplicaOptions<string>> = {}): Opened {
    return this.wait((done) => this.#begin(changes, done));
  }

  cutPowerWhileOpening(afterMs: number): void {
    this.#begin({}, () => {});
    this.world.run(afterMs);
    this.cutPower();
  }

  #begin(changes: Partial<ReplicaOptions<string>>, done: (opened: Opened) => void): void {
    const host = this.host();
    this.value = "";
    const state: MemoryState<string> = {
      apply: (command) => (this.value += String.fromCharCode(...command)),
      snapshot: () => Uint8Array.from(this.value, (character) => character.charCodeAt(0)),
      restore: (snapshot) => {
        this.value = String.fromCharCode(...snapshot);
      },
    };
    memoryMachine(state, { disk: host.disk, directory: "/m1/state" }, (error, stateMachine) => {
      assert.equal(error, undefined);
      const options = { ...this.#options(host, stateMachine), ...changes };
      openReplica(options, (openError, replica) => done({ error: openError, replica }));
    });
  }

  #options(host: Host, stateMachine: StateMachine<string>): ReplicaOptions<string> {
    const scope = this.#scope;
    const log = (message: string): void => {
      this.lines.push(message);
    };
    return {
      host,
      directory: "/m1",
      clusterId: 5,
      memberId: 1,
      initialConfiguration: alone,
      stateMachine,
      log: { segmentBytes: 16 * 1024 },
      network: ({ memberId, incarnation, events }, joined) => {
        host.timers.endOfTurn(() => joined(undefined, this.#network.join(memberId, incarnation, scope, events)));
      },
      logger: { debug: log, info: log, warn: log, error: log },
    };
  }

  submit(replica: Replica<string>, command: string): string {
    const bytes = Uint8Array.from(command, (character) => character.charCodeAt(0));
    return this.wait((done) => replica.propose(bytes, (error, result) => done(error?.code ?? result)));
  }

  cutPower(): void {
    this.world.end(this.#scope);
    this.#network.leave(1);
    this.drive.cutPower();
  }

  close(replica: Replica<string>): void {
    assert.equal(
      this.wait((done) => replica.close(done)),
      undefined,
    );
    this.world.end(this.#scope);
  }
}

const alone: Configuration = {
  voters: [1],
  outgoing: [],
  learners: [],
  promotable: [],
  removed: [],
  members: [{ id: 1, name: "m1", peerUrls: ["http://10.0.0.1:2380"] }],
  timing: { electionTimeoutMs: 100, clockDriftPpm: 10_000 },
};

test("a new member begins its log with the configuration, serves, and survives a power cut at any moment", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const machine = new Machine(seed);
    const { error, replica } = machine.open();
    assert.equal(error, undefined);
    let acknowledged = "";
    for (const command of ["a", "b", "c"]) acknowledged = machine.submit(replica, command);
    assert.equal(acknowledged, "abc");
    replica.propose(Uint8Array.of(0x64), () => {});
    machine.world.run(seed / 40);
    machine.cutPower();
    const again = machine.open();
    assert.equal(again.error, undefined, `seed ${seed}`);
    machine.wait((done) => again.replica.readBarrier((failed) => done(failed?.code ?? "read")));
    assert.match(machine.value, /^abcd?$/, `seed ${seed}: everything acknowledged is there`);
    const before = machine.value;
    assert.equal(machine.submit(again.replica, "e"), `${before}e`);
  }
});

test("a close saves the state, so that nothing is replayed, and the next start goes on", () => {
  const machine = new Machine();
  const first = machine.open();
  machine.submit(first.replica, "a");
  machine.close(first.replica);
  const second = machine.open();
  assert.equal(machine.value, "a", "restored before anything was applied");
  assert.equal(machine.submit(second.replica, "b"), "ab");
  assert.ok(second.replica.status.term > first.replica.status.term);
  machine.close(second.replica);
});

test("a power cut while a new log is begun leaves a member that begins it again, or has begun", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const machine = new Machine(seed);
    machine.cutPowerWhileOpening(seed / 10);
    const { error, replica } = machine.open();
    assert.equal(error, undefined, `seed ${seed}: ${error?.message}`);
    assert.equal(machine.submit(replica, "a"), "a");
  }
});

test("a wiped log beside a state is refused with the reason and a remedy", () => {
  const machine = new Machine();
  const { replica } = machine.open();
  machine.submit(replica, "a");
  machine.close(replica);
  machine.drive.tree.removeDirectory("/m1/log");
  const { error } = machine.open();
  assert.equal(error?.code, "state-ahead-of-log");
  assert.match(String(error), /wiped/);
});

test("a directory of another cluster or member is refused", () => {
  const machine = new Machine();
  machine.close(machine.open().replica);
  const { error } = machine.open({ clusterId: 6 });
  assert.equal(error?.code, "log");
  assert.match(String(error), /cluster/);
});

test("impossible options are refused with the option's name", () => {
  const cases: [Partial<ReplicaOptions<string>>, RegExp][] = [
    [{ clusterId: 0 }, /clusterId/],
    [{ memberId: 1.5 }, /memberId/],
    [{ directory: "relative" }, /absolute/],
    [{ requestTimeoutMs: 0 }, /requestTimeoutMs/],
    [{ memberId: 2 }, /member 2 is not in/],
    [{ initialConfiguration: { ...alone, voters: [] } }, /no voters/],
    [{ initialConfiguration: { ...alone, voters: [1, 1] } }, /ascend/],
    [{ initialConfiguration: { ...alone, outgoing: [1] } }, /joint/],
    [{ initialConfiguration: { ...alone, voters: [1, 2] } }, /no address for member 2/],
    [{ initialConfiguration: { ...alone, learners: [1] } }, /learner/],
    [{ initialConfiguration: { ...alone, timing: { electionTimeoutMs: 5, clockDriftPpm: 0 } } }, /electionTimeoutMs/],
    [{ initialConfiguration: { ...alone, timing: { electionTimeoutMs: 50, clockDriftPpm: -1 } } }, /clockDriftPpm/],
  ];
  const machine = new Machine();
  for (const [changes, message] of cases) {
    const { error } = machine.open(changes);
    assert.equal(error?.code, "invalid-option");
    assert.match(String(error), message);
  }
});

test("a transport that cannot carry the largest command is refused at the start, with what to do", () => {
  const machine = new Machine();
  const { error } = machine.open({
    raftLimits: { maxCommandBytes: 100_000 },
    network: (setup, joined) => {
      const limits = { maxMessageBytes: 90_000 };
      createPeerTransport(
        { ...setup, host: machine.host(), listen: { host: "10.0.0.1", port: 1 }, peers: [], limits },
        joined,
      );
    },
  });
  assert.equal(error?.code, "network");
  assert.ok(error?.cause instanceof HostError && error.cause.code === "invalid");
  assert.match(error.message, /raise the limit, or lower maxCommandBytes, on every member/);
});

test("a disk that fails while the log is open stops the member: nothing more is acknowledged", () => {
  const machine = new Machine();
  const { replica } = machine.open();
  machine.submit(replica, "a");
  let fatal = "";
  replica.onFatal((error) => {
    fatal = error.message;
  });
  machine.drive.settings = { ...healthyDrive, syncErrorProbability: 1, writeErrorProbability: 1 };
  assert.equal(machine.submit(replica, "b"), "stopped");
  machine.wait<void>((done) => replica.close(() => done()));
  assert.notEqual(fatal, "");
  machine.drive.settings = healthyDrive;
  machine.cutPower();
  const again = machine.open();
  assert.equal(again.error, undefined);
  machine.wait((done) => again.replica.readBarrier((failed) => done(failed?.code ?? "read")));
  assert.match(machine.value, /^ab?$/);
});
