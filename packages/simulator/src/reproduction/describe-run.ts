import type { ExternalCall, ExternalEvent } from "./external-event.ts";
import type { RunFile } from "./run-file.ts";

/** What a run file holds, for people: the world on one line, each step on one, and what fell. */
export function describeRun(file: Omit<RunFile, "events"> & { readonly events: readonly ExternalEvent[] }): string[] {
  const { swarm, events, violation, bug } = file;
  const { electionTimeoutMs } = swarm.timing;
  const who = file.world === "core" ? "cores" : "production members";
  const planted = bug === undefined ? "" : `, where ${bug}`;
  return [
    `${swarm.members} ${who}, election timeout ${electionTimeoutMs} ms${planted}`,
    ...events.map((event, at) => `${String(at + 1).padStart(4)}. ${describeEvent(event)}`),
    violation.message,
  ];
}

/** One event from outside as a sentence with its time in ms. */
export function describeEvent({ atMicros, calls }: ExternalEvent): string {
  const blocked = calls.flatMap((call) => (call.do === "block" ? [call] : []));
  const others = calls.filter((call) => call.do !== "block").map(describeCall);
  const links = blocked.length === 0 ? [] : [`nothing gets through ${linkList(blocked.map((call) => call.with))}`];
  return `${(atMicros / 1000).toFixed(3)} ms: ${[...links, ...others].join("; ")}`;
}

function describeCall(call: ExternalCall): string {
  switch (call.do) {
    case "crash":
      return `member ${call.with[0]} crashes`;
    case "crashInTurn":
      return `member ${call.with[0]} dies in its next turn, after ${call.with[1]} effects`;
    case "start":
      return `member ${call.with[0]} starts, if it is down`;
    case "pause":
      return `member ${call.with[0]} stands still`;
    case "resume":
      return `member ${call.with[0]} goes on`;
    case "block":
      return `nothing gets through from ${call.with[0]} to ${call.with[1]}`;
    case "heal":
      return "every link works again";
    case "clog":
      return `what ${call.with[0]} sends to ${call.with[1]} arrives after ${(call.with[2] / 1000).toFixed(3)} ms`;
    case "submit":
      return `a client proposes ${describeCommands(call.with[1], call.with[2].length)} to member ${call.with[0]}`;
    case "ask":
      return `a client asks member ${call.with[0]} for read ${call.with[1]}`;
  }
}

function describeCommands(first: number, count: number): string {
  return count === 1 ? `command ${first}` : `commands ${first} to ${first + count - 1}`;
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
