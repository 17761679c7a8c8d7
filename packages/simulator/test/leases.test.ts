import assert from "node:assert/strict";
import { test } from "node:test";
import { goesOnLeading, simulateLeases } from "../src/index.ts";
import type { ExternalCall, ExternalEvent, LeaseRun, LeaseSimulationOptions, SwarmOptions } from "../src/index.ts";

/** QUORATE_SEEDS asks for so many times a larger budget (`npm run verify`); `npm run store-sim` runs any number. */
const asked = process.env["QUORATE_SEEDS"];
const seeds = asked === undefined ? 3 : 5 * Number(asked);

function clean(options: LeaseSimulationOptions): LeaseRun {
  const run = simulateLeases(options);
  assert.equal(run.violation, undefined, `seed ${options.seed}: ${run.violation?.message}`);
  return run;
}

test(`leases keep what they promise under faults, end when nobody renews them, and by the log alone, in ${seeds} seeds`, (context) => {
  const total = { expired: 0, renewals: 0, statesTaken: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const { counts } = clean({ seed });
    total.expired += counts.expired;
    total.renewals += counts.renewals;
    total.statesTaken += counts.statesTaken;
  }
  context.diagnostic(JSON.stringify(total));
  assert.ok(total.expired > 10 && total.renewals > 100, `${JSON.stringify(total)}: too tame`);
  assert.ok(total.statesTaken > 0 || seeds < 20, "no state was sent, so this has shown little");
});

test("the same seed is the same run", () => {
  assert.equal(clean({ seed: 4, safetyOnly: true }).hash, clean({ seed: 4, safetyOnly: true }).hash);
});

test("a deposed leader that goes on ending leases harms nobody, since what it says counts in its own term only", () => {
  clean({ seed: 1, broken: { parts: goesOnLeading } });
});

test("a jump of wall clocks changes nothing", () => {
  const often = (swarm: SwarmOptions): SwarmOptions => {
    const { electionTimeoutMs: t } = swarm.timing;
    return { ...swarm, faults: { ...swarm.faults, clockJump: { everyMs: 2 * t, lastsMs: t } } };
  };
  const { swarm, external } = clean({ seed: 5, adjust: often, record: true, safetyOnly: true });
  const isJump = ({ calls }: ExternalEvent): boolean => calls.some((call) => call.do === "jumpClock");
  assert.ok(external.filter(isJump).length > 10);
  const still = external.map((event) => ({ ...event, calls: event.calls.map(withoutWallJump) }));
  const [jumping, calm] = [external, still].map((script) => clean({ seed: 5, swarm, script, safetyOnly: true }));
  assert.deepEqual(
    [jumping?.events, jumping?.virtualMs, jumping?.counts],
    [calm?.events, calm?.virtualMs, calm?.counts],
  );
});

function withoutWallJump(call: ExternalCall): ExternalCall {
  return call.do === "jumpClock" ? { do: "jumpClock", with: [call.with[0], call.with[1], 0] } : call;
}
