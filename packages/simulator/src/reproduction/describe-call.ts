import type { ExternalCall } from "./external-event.ts";

/** One thing that the outside does, as a sentence. */
export function describeCall(call: ExternalCall): string {
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
      return `nothing gets through from member ${call.with[0]} to member ${call.with[1]}`;
    case "heal":
      return "every link works again";
    case "clog":
      return `what member ${call.with[0]} sends to member ${call.with[1]} arrives after ${(call.with[2] / 1000).toFixed(3)} ms`;
    case "submit":
      return `a client proposes ${describeCommands(call.with[1], call.with[2].length)} to member ${call.with[0]}`;
    case "ask":
      return `a client asks member ${call.with[0]} for read ${call.with[1]}`;
  }
}

function describeCommands(first: number, count: number): string {
  return count === 1 ? `command ${first}` : `commands ${first} to ${first + count - 1}`;
}
