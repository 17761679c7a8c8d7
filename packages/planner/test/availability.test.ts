import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  availabilityOf,
  equalMachines,
  failureFrequency,
  majority,
  neverFails,
  PlannerError,
  unavailability,
  withAvailability,
  zonedMachines,
  type Deployment,
  type Repairable,
} from "../src/index.ts";
import { close, seededRandom } from "./random.ts";

const machine: Repairable = { failsEveryHours: 720, repairHours: 1 };
const zone: Repairable = { failsEveryHours: 8766, repairHours: 4 };

/** Every combination of machines and zones that are up or down, one by one. */
function lostByTryingAll({ machines, zones, quorums }: Deployment): number {
  const parts = [...machines, ...zones];
  let lost = 0;
  for (let up = 0; up < 1 << parts.length; up += 1) {
    const chance = parts.reduce((product, part, at) => {
      const down = unavailability(part);
      return product * ((up >> at) & 1 ? 1 - down : down);
    }, 1);
    const works = (at: number): boolean =>
      ((up >> at) & 1) === 1 && ((up >> (machines.length + (machines[at]?.zone ?? 0))) & 1) === 1;
    const decides = quorums.every(
      (quorum, set) => machines.filter(({ sets }, at) => (sets >> set) & 1 && works(at)).length >= quorum,
    );
    if (!decides) lost += chance;
  }
  return lost;
}

test("three members in closed form: a quorum is lost for 3 u^2 - 2 u^3 of the time", () => {
  const u = unavailability(machine);
  close(u, 1 / 721, 1e-15);
  const { unavailability: lost, availability } = availabilityOf(equalMachines(3, machine, 2));
  close(lost, 3 * u ** 2 - 2 * u ** 3, 1e-12);
  close(availability + lost, 1, 1e-15);
});

test("a fourth member makes it worse, a fifth better than three; so with sixes and eights", () => {
  const lost = (n: number): number => availabilityOf(equalMachines(n, machine, majority(n))).unavailability;
  for (const odd of [1, 3, 5, 7]) {
    assert.ok(lost(odd + 1) > lost(odd), `${odd + 1} members are worse than ${odd}`);
    assert.ok(lost(odd + 2) < lost(odd) / 50, `${odd + 2} members are better than ${odd}`);
  }
  const u = unavailability(machine);
  close(lost(4), 6 * u ** 2 * (1 - u) ** 2 + 4 * u ** 3 * (1 - u) + u ** 4, 1e-12);
});

test("machines, zones and joint sets: what trying every combination gives", () => {
  const times = fc.record({
    failsEveryHours: fc.double({ min: 1, max: 100, noNaN: true }),
    repairHours: fc.double({ min: 0.1, max: 50, noNaN: true }),
  });
  const deployment = fc
    .record({
      zones: fc.array(times, { minLength: 1, maxLength: 3 }),
      machines: fc.array(fc.tuple(times, fc.nat(), fc.constantFrom(1 as const, 2 as const, 3 as const)), {
        minLength: 1,
        maxLength: 6,
      }),
      isJoint: fc.boolean(),
    })
    .map(({ zones, machines, isJoint }): Deployment => {
      const placed = machines.map(([each, at, sets]) => ({
        ...each,
        zone: at % zones.length,
        sets: isJoint ? sets : (1 as const),
      }));
      const sizes = [1, 2].map((set) => placed.filter(({ sets }) => (sets & set) !== 0).length);
      const [first = 0, second = 0] = sizes.map((size) => (size === 0 ? 1 : majority(size)));
      return {
        zones,
        machines: placed,
        quorums: isJoint && sizes.every((size) => size > 0) ? [first, second] : [first],
      };
    })
    .filter(({ machines }) => machines.some(({ sets }) => (sets & 1) !== 0));
  fc.assert(
    fc.property(deployment, (one) => {
      const { unavailability: lost } = availabilityOf(one);
      assert.ok(Math.abs(lost - lostByTryingAll(one)) < 1e-12);
    }),
    { numRuns: 100 },
  );
});

test("zones that fail whole: five members in two zones are no better than the larger zone, in three they are", () => {
  const two = availabilityOf(zonedMachines([3, 2], machine, zone, 3)).unavailability;
  const three = availabilityOf(zonedMachines([2, 2, 1], machine, zone, 3)).unavailability;
  assert.ok(two > unavailability(zone));
  assert.ok(three < unavailability(zone) / 20);
  // One member in each of three zones is down with its machine or its zone.
  const u = 1 - (1 - unavailability(zone)) * (1 - unavailability(machine));
  close(availabilityOf(zonedMachines([1, 1, 1], machine, zone, 2)).unavailability, 3 * u ** 2 - 2 * u ** 3, 1e-12);
});

test("outages begin as often, and last as long, as when members fail and are repaired for ten million hours", () => {
  const often: Repairable = { failsEveryHours: 100, repairHours: 10 };
  const rare: Repairable = { failsEveryHours: 500, repairHours: 20 };
  const deployment = zonedMachines([2, 2, 1], often, rare, 3);
  const { outagesSeen, downHours, hours } = liveThrough(deployment, 10_000_000);
  const exact = availabilityOf(deployment);
  close(hours / outagesSeen, exact.hoursBetweenOutages, 0.01, "hours between outages");
  close(downHours / outagesSeen, exact.outageHours, 0.01, "hours of an outage");
  close(downHours / hours, exact.unavailability, 0.01, "unavailability");
});

/** Machines and zones that fail and are repaired after exponentially distributed times. */
function liveThrough({ machines, zones, quorums }: Deployment, hours: number) {
  const random = seededRandom(7);
  const parts: readonly Repairable[] = [...machines, ...zones];
  const draw = (meanHours: number): number => -meanHours * Math.log(1 - random());
  const up = parts.map(() => true);
  const next = parts.map(({ failsEveryHours }) => draw(failsEveryHours));
  let [now, outagesSeen, downHours] = [0, 0, 0];
  let serves = true;
  while (now < hours) {
    let at = 0;
    for (const [part, time] of next.entries()) if (time < (next[at] as number)) at = part;
    const then = next[at] as number;
    if (!serves) downHours += then - now;
    now = then;
    up[at] = !(up[at] as boolean);
    const { failsEveryHours, repairHours } = parts[at] as Repairable;
    next[at] = now + draw(up[at] ? failsEveryHours : repairHours);
    const alive = machines.filter((each, index) => up[index] && up[machines.length + each.zone]).length;
    const served = serves;
    serves = alive >= quorums[0];
    if (served && !serves) outagesSeen += 1;
  }
  return { outagesSeen, downHours, hours: now };
}

test("one member is out as often, and as long, as it is down itself", () => {
  const { hoursBetweenOutages, outageHours } = availabilityOf(equalMachines(1, machine, 1));
  close(hoursBetweenOutages, 721, 1e-12);
  close(outageHours, 1, 1e-12);
  close(failureFrequency(machine), 1 / 721, 1e-15);
});

test("what never fails is never down, and a tiny unavailability keeps its digits", () => {
  const sound = availabilityOf(equalMachines(3, neverFails, 2));
  assert.deepEqual([sound.unavailability, sound.hoursBetweenOutages, sound.outageHours], [0, Infinity, 0]);
  const good = withAvailability(0.99999, 1);
  close(unavailability(good), 1e-5, 1e-10);
  close(availabilityOf(equalMachines(9, good, 5)).unavailability, 126 * 1e-25, 1e-4);
});

test("impossible machines, zones and quorums are refused", () => {
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [() => availabilityOf(equalMachines(3, machine, 4)), /quorum of 3 voters is a whole number from 1 to 3/],
    [() => availabilityOf(equalMachines(3, { failsEveryHours: -1, repairHours: 1 }, 2)), /time between two failures/],
    [() => availabilityOf({ machines: [{ ...machine, zone: 2, sets: 1 }], zones: [zone], quorums: [1] }), /zone 2/],
    [() => withAvailability(1.5, 1), /from 0 to 1/],
  ];
  for (const [call, says] of wrong) {
    assert.throws(call, (error) => error instanceof PlannerError && says.test(error.message));
  }
});
