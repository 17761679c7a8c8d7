import type { SwarmOptions } from "../swarm.ts";
import { callArguments } from "./external-event.ts";
import type { ExternalCall, ExternalEvent } from "./external-event.ts";
import type { RunPlan } from "./run-plan.ts";

/** One way to make a plan simpler, by name. Gives undefined where there is nothing to simplify. */
export interface Simplification {
  readonly name: string;
  readonly apply: (plan: RunPlan) => RunPlan | undefined;
}

/** The world made plainer, one thing at a time. */
export const worldSimplifications: readonly Simplification[] = [
  ofSwarm("no duplicates", ({ link, ...rest }) => ({ ...rest, link: { ...link, duplicateProbability: 0 } })),
  ofSwarm("no losses", ({ link, ...rest }) => ({ ...rest, link: { ...link, lossProbability: 0 } })),
  ofSwarm("every message takes equally long", ({ link, timing, ...rest }) => ({
    ...rest,
    timing,
    link: { ...link, minDelayMs: timing.electionTimeoutMs / 100, meanDelayMs: 0, delayShape: "constant" },
  })),
  ofSwarm("every sync takes equally long", ({ disk, ...rest }) => ({
    ...rest,
    disk: { ...disk, meanSyncMs: 0, stallProbability: 0 },
  })),
  ofSwarm("clocks run alike", ({ clockRates, ...rest }) => ({ ...rest, clockRates: clockRates.map(() => 1) })),
  ofSwarm("links hold any number of messages", ({ link, ...rest }) => ({ ...rest, link: { ...link, capacity: 0 } })),
  ofSwarm("nobody is left behind", (swarm) => ({ ...swarm, leftBehind: [] })),
  { name: "nobody joins", apply: nobodyJoins },
  ofSwarm("logs keep everything", (swarm) => {
    const { states: _, ...rest } = swarm;
    return rest;
  }),
  ofSwarm("nothing is gathered", (swarm) => ({ ...swarm, gatherMs: 0 })),
  ofSwarm("limits as shipped", (swarm) => ({ ...swarm, limits: {} })),
];

/** Requests made smaller: one command of four bytes each. */
export const smallestRequests: Simplification = {
  name: "one command of four bytes in each proposal",
  apply: (plan) => changed(plan, { ...plan, events: plan.events.map(smallest) }),
};

export function smallest(event: ExternalEvent): ExternalEvent {
  const calls = event.calls.map((call): ExternalCall => {
    return call.do === "submit" ? { do: "submit", with: [call.with[0], call.with[1], [4]] } : call;
  });
  return { ...event, calls };
}

/** Every event at a multiple of `stepMicros`, in the same order. */
export function onGrid(stepMicros: number): Simplification {
  return {
    name: `events at multiples of ${stepMicros / 1000} ms`,
    apply: (plan) => {
      const events = plan.events.map((event) => ({
        ...event,
        atMicros: Math.round(event.atMicros / stepMicros) * stepMicros,
      }));
      return changed(plan, { ...plan, events });
    },
  };
}

/** The same without some members; what is left is numbered from 1 again. */
export function withoutMembers(gone: readonly number[]): Simplification {
  return {
    name: `without ${gone.join(" and ")}`,
    apply: (plan) => {
      const { clockRates } = plan.swarm;
      const kept = clockRates.map((_, at) => at + 1).filter((id) => !gone.includes(id));
      const renumber = new Map(kept.map((id, at) => [id, at + 1]));
      const events = plan.events.flatMap((event) => withCallsOf(event, renumber));
      const swarm = {
        ...plan.swarm,
        members: kept.length,
        clockRates: kept.map((id) => clockRates[id - 1] as number),
        leftBehind: plan.swarm.leftBehind.flatMap(({ id, fault }) => {
          const left = renumber.get(id);
          return left === undefined ? [] : [{ id: left, fault }];
        }),
      };
      return { ...plan, swarm, events };
    },
  };
}

/** The members that might join are gone, and with them what was done to them. */
function nobodyJoins(plan: RunPlan): RunPlan | undefined {
  const { operators, ...swarm } = plan.swarm;
  if (operators === undefined) return undefined;
  const there = new Map(swarm.clockRates.map((_, at) => [at + 1, at + 1]));
  return { ...plan, swarm, events: plan.events.flatMap((event) => withCallsOf(event, there)) };
}

/** An event with what it does to these members, by their new numbers; none when that is nothing. */
function withCallsOf(event: ExternalEvent, renumber: ReadonlyMap<number, number>): ExternalEvent[] {
  const calls = event.calls.flatMap((call) => renumbered(call, renumber));
  return calls.length === 0 ? [] : [{ ...event, calls }];
}

function renumbered(call: ExternalCall, renumber: ReadonlyMap<number, number>): ExternalCall[] {
  const args: readonly unknown[] = call.with;
  const kinds = callArguments[call.do];
  const changedArgs = args.map((arg, at) => (kinds[at] === "member" ? renumber.get(arg as number) : arg));
  if (changedArgs.includes(undefined)) return [];
  return [{ do: call.do, with: changedArgs } as unknown as ExternalCall];
}

function ofSwarm(name: string, change: (swarm: SwarmOptions) => SwarmOptions): Simplification {
  return { name, apply: (plan) => changed(plan, { ...plan, swarm: change(plan.swarm) }) };
}

function changed(before: RunPlan, after: RunPlan): RunPlan | undefined {
  return JSON.stringify(before) === JSON.stringify(after) ? undefined : after;
}
