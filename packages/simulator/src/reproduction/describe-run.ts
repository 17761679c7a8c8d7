import type { Violation } from "../simulation.ts";
import { describeCall } from "./describe-call.ts";
import type { ExternalEvent } from "./external-event.ts";
import { explainProperty } from "./explain-property.ts";
import type { RunFile } from "./run-file.ts";

/** What a run file holds, for people: the world on one line, each step on one, and what fell. */
export function describeRun(file: Omit<RunFile, "events"> & { readonly events: readonly ExternalEvent[] }): string[] {
  const { swarm, events, violation, bug, service } = file;
  const { electionTimeoutMs } = swarm.timing;
  const who = file.world === "core" ? "cores" : "production members";
  const planted = bug === undefined ? "" : `, where ${bug}`;
  const replicated = service === undefined ? "" : ` of the service "${service}"`;
  return [
    `${swarm.members} ${who}${replicated}, election timeout ${electionTimeoutMs} ms${planted}`,
    ...events.map((event, at) => `${String(at + 1).padStart(4)}. ${describeEvent(event)}`),
    ...describeViolation(violation),
  ];
}

/** What fell, and what that property says. */
export function describeViolation({ property, message }: Violation): string[] {
  const explanation = explainProperty(property);
  return explanation === undefined ? [message] : [message, `  (${property}: ${explanation})`];
}

/** One event from outside as a sentence with its time in ms. */
export function describeEvent({ atMicros, calls }: ExternalEvent): string {
  const blocked = calls.flatMap((call) => (call.do === "block" ? [call] : []));
  const others = calls.filter((call) => call.do !== "block").map(describeCall);
  const links = blocked.length === 0 ? [] : [`nothing gets through ${linkList(blocked.map((call) => call.with))}`];
  return `${(atMicros / 1000).toFixed(3)} ms: ${[...links, ...others].join("; ")}`;
}

/** "1>2, 1-3": one direction, and both. */
function linkList(links: readonly (readonly [number, number])[]): string {
  const has = (from: number, to: number): boolean => links.some(([a, b]) => a === from && b === to);
  return links
    .flatMap(([from, to]) => {
      if (!has(to, from)) return [`${from}>${to}`];
      return from < to ? [`${from}-${to}`] : [];
    })
    .join(", ");
}
