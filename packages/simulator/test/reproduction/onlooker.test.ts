import assert from "node:assert/strict";
import { test } from "node:test";
import { simulateCore, simulateReplicas, type CoreCluster, type World } from "@quorate/simulator";

test("somebody who looks on changes nothing, and sees every event", () => {
  const alone = simulateCore({ seed: 7 });
  let seen = 0;
  const watched = simulateCore({
    seed: 7,
    onlooker: {
      begins: (world, cluster) => {
        assert.equal(world.executed, 0);
        assert.equal(cluster.leader(), 0);
        world.afterEvent = () => seen++;
      },
    },
  });
  assert.deepEqual([watched.hash, watched.events], [alone.hash, alone.events]);
  assert.equal(seen, alone.events);
  const whole = simulateReplicas({ seed: 5 });
  assert.equal(simulateReplicas({ seed: 5, onlooker: { begins: () => {} } }).hash, whole.hash);
});

for (const from of ["a seed", "a script"] as const) {
  test(`somebody who takes over from ${from} has the world to himself: no fault and no request comes any more`, () => {
    const recorded = simulateCore({ seed: 7, record: true });
    const script = from === "a script" ? { script: recorded.external } : {};
    const leaveAtMicros = Math.round(recorded.virtualMs * 300);
    assert.ok(recorded.external.some(({ atMicros }) => atMicros > leaveAtMicros));
    const taken: { world?: World; cluster?: CoreCluster; notes: string[] } = { notes: [] };
    const begins = (world: World, cluster: CoreCluster): void => {
      Object.assign(taken, { world, cluster });
    };
    const left = simulateCore({ seed: 7, ...script, onlooker: { begins, leaveAtMicros } });
    assert.equal(left.violation, undefined);
    assert.ok(left.events < recorded.events);
    const { world, cluster, notes } = taken;
    assert.ok(world !== undefined && cluster !== undefined);
    assert.ok(world.nowMicros >= leaveAtMicros && world.nowMicros < leaveAtMicros + 100_000);
    world.noted = (who, what) => notes.push(`${who}: ${what}`);
    const before = world.executed;
    world.run(3_000);
    assert.ok(world.executed > before, "its members go on");
    assert.deepEqual(
      notes.filter((note) => /^(client|network): |crashes|is paused/.test(note)),
      [],
    );
  });
}

test("what the world is doing when an error is thrown is known", () => {
  let kind: string | undefined;
  const begins = (world: World): void => {
    world.afterEvent = ({ kind: happened }) => {
      kind = happened;
      if (world.executed === 50) throw new RangeError("enough");
    };
  };
  let seen: World | undefined;
  assert.throws(
    () =>
      simulateCore({
        seed: 3,
        onlooker: {
          begins: (world) => {
            seen = world;
            begins(world);
          },
        },
      }),
    /enough/,
  );
  assert.equal(seen?.executed, 50);
  assert.equal(seen?.happening?.kind, kind);
});
