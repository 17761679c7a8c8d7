import assert from "node:assert/strict";
import { test } from "node:test";
import type { Disk, HostError } from "@quorate/host";
import { healthyDrive } from "@quorate/simulator";
import { ReplicaStartError } from "../src/errors.ts";
import { memoryMachine, type MemoryState } from "../src/memory-machine.ts";
import type { StateMachine } from "../src/state-machine.ts";
import type { StateSink, StateSource } from "../src/state-transfer.ts";
import { newLives, withNames } from "./support/lives.ts";
import type { Lives } from "./support/lives.ts";

/** A sum: each command adds its first byte. */
class Sum implements MemoryState<number> {
  value = 0;

  apply(command: Uint8Array): number {
    this.value += command[0] as number;
    return this.value;
  }

  snapshot(): Uint8Array {
    return Uint8Array.of(this.value);
  }

  restore(snapshot: Uint8Array): void {
    if (snapshot.length !== 1) throw new Error("not a sum");
    this.value = snapshot[0] as number;
  }
}

/** Opens the sum on the disk of a new life. */
function open(lives: Lives, sum: Sum, around = (disk: Disk): Disk => disk) {
  const { disk } = lives.begin();
  return lives.wait<{ error: Error | undefined; machine: StateMachine<number> }>((done) => {
    memoryMachine(sum, { disk: around(disk), directory: "/data/machine" }, (error, machine) =>
      done({ error, machine }),
    );
  });
}

function add(machine: StateMachine<number>, index: number, ...values: number[]): readonly number[] {
  let results: readonly number[] = [];
  const commands = values.map((value, at) => ({ index: index + at, term: 1, command: Uint8Array.of(value) }));
  machine.apply(commands, (error, given) => {
    assert.equal(error, undefined);
    results = given;
  });
  return results;
}

function checkpoint(lives: Lives, machine: StateMachine<number>, index: number): Error | undefined {
  return lives.wait((done) => machine.checkpoint({ index, term: 1 }, done));
}

test("a state in memory survives by its checkpoint, with the position that it belongs to", () => {
  const lives = newLives();
  const first = open(lives, new Sum());
  assert.deepEqual(first.machine.restored, { index: 0, term: 0 });
  assert.deepEqual(add(first.machine, 1, 3, 4), [3, 7]);
  assert.equal(first.machine.dirtyBytes, 2);
  assert.equal(checkpoint(lives, first.machine, 2), undefined);
  assert.equal(first.machine.dirtyBytes, 0);
  add(first.machine, 3, 5);
  lives.cutPower();
  const sum = new Sum();
  const second = open(lives, sum);
  assert.equal(sum.value, 7, "what came after the checkpoint is the log's to replay");
  assert.deepEqual(second.machine.restored, { index: 2, term: 1 });
});

test("power cut at any moment of a checkpoint: the new one is found whole, or the one before it", () => {
  const found = new Set<number>();
  for (let seed = 1; seed <= 60; seed++) {
    const lives = newLives(seed);
    const { machine } = open(lives, new Sum());
    add(machine, 1, 1);
    assert.equal(checkpoint(lives, machine, 1), undefined);
    add(machine, 2, 1);
    machine.checkpoint({ index: 2, term: 1 }, () => {});
    lives.world.run(seed / 20);
    lives.cutPower();
    const sum = new Sum();
    const { error, machine: after } = open(lives, sum);
    assert.equal(error, undefined, `seed ${seed}`);
    assert.equal(sum.value, after.restored.index, `seed ${seed}: state and position belong together`);
    found.add(sum.value);
    add(after, sum.value + 1, 1);
    assert.equal(checkpoint(lives, after, sum.value + 1), undefined, "what was left half written is no obstacle");
  }
  assert.deepEqual(
    [...found].sort((a, b) => a - b),
    [1, 2],
    "both happened",
  );
});

test("a checkpoint that a start finds is durable from then on, also where nobody could sync its name before", () => {
  const lives = newLives();
  const names = { areFailing: false };
  const { machine } = open(lives, new Sum(), (disk) => withNames(disk, names));
  add(machine, 1, 3);
  assert.equal(checkpoint(lives, machine, 1), undefined);
  names.areFailing = true;
  add(machine, 2, 4);
  assert.equal(checkpoint(lives, machine, 2)?.message, "the sync failed");
  lives.kill();
  assert.equal(open(lives, new Sum()).machine.restored.index, 2, "the new one can be read");
  lives.cutPower();
  assert.equal(open(lives, new Sum()).machine.restored.index, 2);
});

test("a damaged checkpoint is refused, whatever byte it is", () => {
  const lives = newLives();
  const { machine } = open(lives, new Sum());
  add(machine, 1, 9);
  checkpoint(lives, machine, 1);
  const { disk } = lives.begin();
  const bytes = lives.wait<Uint8Array>((done) => {
    disk.open("/data/machine/state", (_error, file) => file.read(0, 1000, (_readError, read) => done(read)));
  });
  for (let at = 0; at < bytes.length; at++) {
    lives.wait<void>((done) => {
      disk.open("/data/machine/state", (_error, file) => {
        const broken = Uint8Array.from(bytes);
        broken[at] = (broken[at] as number) ^ 0x10;
        file.writeAndSync(0, broken, () => file.close(() => done()));
      });
    });
    const { error } = open(lives, new Sum());
    assert.ok(error instanceof ReplicaStartError && error.code === "corrupt-state", `byte ${at}`);
  }
});

test("a command that makes the state throw is an error of the machine", () => {
  const lives = newLives();
  const throwing: MemoryState<number> = {
    apply: () => {
      throw new Error("no");
    },
    snapshot: () => new Uint8Array(),
    restore: () => {},
  };
  const { disk } = lives.begin();
  const machine = lives.wait<StateMachine<number>>((done) => {
    memoryMachine(throwing, { disk, directory: "/data/machine" }, (_error, made) => done(made));
  });
  let message = "";
  machine.apply([{ index: 4, term: 1, command: Uint8Array.of(1) }], (error) => {
    message = error?.message ?? "";
  });
  assert.match(message, /the command at 4/);
});

test("a checkpoint that the disk refuses is reported", () => {
  const lives = newLives();
  const { machine } = open(lives, new Sum());
  add(machine, 1, 1);
  lives.drive.settings = { ...healthyDrive, syncErrorProbability: 1 };
  assert.ok(checkpoint(lives, machine, 1) !== undefined);
  assert.equal(machine.dirtyBytes, 1, "nothing counts as durable");
});

/** All chunks of the machine's state from `token` on, with the header. */
function sent(
  lives: Lives,
  machine: StateMachine<number>,
  token: Uint8Array = new Uint8Array(),
): { header: Uint8Array; chunks: Uint8Array[] } {
  const source = lives.wait<StateSource>((done) => machine.transfer?.open(undefined, (_error, opened) => done(opened)));
  if (token.length > 0) lives.wait<void>((done) => source.seek(token, () => done()));
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = lives.wait<Uint8Array | undefined>((done) => source.next((_error, next) => done(next)));
    if (chunk === undefined) return { header: source.header, chunks };
    chunks.push(chunk);
  }
}

function receive(lives: Lives, machine: StateMachine<number>, header: Uint8Array): StateSink {
  return lives.wait((done) => machine.transfer?.receive(header, (error, sink) => done(must(error, sink))));
}

function must<T>(error: Error | undefined, value: T): T {
  assert.equal(error, undefined);
  return value;
}

const written = (lives: Lives, sink: StateSink, chunk: Uint8Array): Error | undefined =>
  lives.wait((done) => sink.write(chunk, done));

test("a state from memory is sent and taken over, and stays after a restart", () => {
  const [from, to] = [newLives(), newLives(2)];
  const sender = open(from, new Sum()).machine;
  add(sender, 1, 3, 4);
  checkpoint(from, sender, 2);
  add(sender, 3, 50);
  const { header, chunks } = sent(from, sender);
  const sum = new Sum();
  const { machine } = open(to, sum);
  add(machine, 1, 3);
  const sink = receive(to, machine, header);
  for (const chunk of chunks) assert.equal(written(to, sink, chunk), undefined);
  assert.equal(sum.value, 3, "the present state stays in use");
  const position = to.wait((done) => sink.install((error, at) => done(must(error, at))));
  assert.deepEqual(position, { index: 2, term: 1 });
  assert.equal(sum.value, 7, "as of the sender's last checkpoint");
  assert.equal(machine.dirtyBytes, 0);
  to.cutPower();
  const again = new Sum();
  assert.deepEqual(open(to, again).machine.restored, position);
  assert.equal(again.value, 7);
});

for (const applied of [2, 3]) {
  test(`a state up to entry 2 is not installed over one that has applied entry ${applied}`, () => {
    const [from, to] = [newLives(), newLives(2)];
    const sender = open(from, new Sum()).machine;
    add(sender, 1, 3, 4);
    checkpoint(from, sender, 2);
    const { header, chunks } = sent(from, sender);
    const sum = new Sum();
    const { machine } = open(to, sum);
    const sink = receive(to, machine, header);
    for (const chunk of chunks) assert.equal(written(to, sink, chunk), undefined);
    add(machine, 1, ...Array.from({ length: applied }, () => 9));
    const error = to.wait<HostError | undefined>((done) => sink.install(done));
    assert.equal(error?.code, "invalid", "such a refusal does not stop the member");
    assert.equal(sum.value, 9 * applied);
  });
}

test("power cut at any moment of taking over a state: the new one is found whole, or the one before it", () => {
  const found = new Set<number>();
  for (let seed = 1; seed <= 60; seed++) {
    const from = newLives();
    const sender = open(from, new Sum()).machine;
    add(sender, 1, 1, 1, 1);
    checkpoint(from, sender, 3);
    const { header, chunks } = sent(from, sender);
    const to = newLives(seed);
    const { machine } = open(to, new Sum());
    add(machine, 1, 1);
    checkpoint(to, machine, 1);
    const sink = receive(to, machine, header);
    for (const chunk of chunks) written(to, sink, chunk);
    sink.install(() => {});
    to.world.run(seed / 20);
    to.cutPower();
    const sum = new Sum();
    const { error, machine: after } = open(to, sum);
    assert.equal(error, undefined, `seed ${seed}`);
    assert.equal(sum.value, after.restored.index, `seed ${seed}: state and position belong together`);
    found.add(sum.value);
  }
  assert.deepEqual(
    [...found].sort((a, b) => a - b),
    [1, 3],
    "both happened",
  );
});

test("what arrived of a state is gone on with when the same one comes again, and with no other", () => {
  const lives = newLives();
  const large: MemoryState<number> = {
    apply: () => 0,
    snapshot: () => new Uint8Array(600_000).fill(7),
    restore: (snapshot) => assert.equal(snapshot.length, 600_000),
  };
  const { disk } = lives.begin();
  const machine = lives.wait<StateMachine<number>>((done) => {
    memoryMachine(large, { disk, directory: "/data/machine" }, (_error, made) => done(made));
  });
  checkpoint(lives, machine, 4);
  const { header, chunks } = sent(lives, machine);
  assert.equal(chunks.length, 3);
  const first = receive(lives, machine, header);
  assert.equal(written(lives, first, chunks[0] as Uint8Array), undefined);
  assert.ok(written(lives, first, chunks[0] as Uint8Array) !== undefined, "no chunk twice");
  lives.wait<void>((done) => first.abort(true, () => done()));
  const second = receive(lives, machine, header);
  const rest = sent(lives, machine, second.resumeToken).chunks;
  assert.equal(rest.length, 2);
  for (const chunk of rest) assert.equal(written(lives, second, chunk), undefined);
  must(...lives.wait<[Error | undefined, unknown]>((done) => second.install((error, at) => done([error, at]))));
  checkpoint(lives, machine, 5);
  const other = sent(lives, machine).header;
  const third = receive(lives, machine, other);
  assert.equal(third.resumeToken.length, 0);
  const flipped = (chunks[0] as Uint8Array).map((byte, at) => (at === 100 ? byte ^ 1 : byte));
  assert.ok(written(lives, third, flipped) !== undefined, "a damaged chunk is refused");
  const incomplete = lives.wait<Error | undefined>((done) => third.install(done));
  assert.ok(incomplete !== undefined);
});
