import type { ConfigurationChange, MemberId } from "@quorate/raft";
import type { MembershipOperation } from "@quorate/replica";
import type { CrashKind, DiskFaults } from "../drive.ts";
import type { ExternalCall } from "./external-event.ts";

/** One thing that the outside does, as a sentence. */
export function describeCall(call: ExternalCall): string {
  switch (call.do) {
    case "crash":
      return `member ${call.with[0]} ${describeCrash(call.with[1])}`;
    case "crashInTurn":
      return `member ${call.with[0]} ${describeCrash(call.with[2])} in its next turn, after ${call.with[1]} effects`;
    case "crashAtDisk":
      return `member ${call.with[0]} ${describeCrash(call.with[2])} when its disk has done ${call.with[1]} operations more`;
    case "start":
      return `member ${call.with[0]} starts, if it is down`;
    case "pause":
      return `member ${call.with[0]} stands still`;
    case "resume":
      return `member ${call.with[0]} goes on`;
    case "suspend":
      return `the machine of member ${call.with[0]} sleeps`;
    case "slow":
      return `each event takes member ${call.with[0]} ${call.with[1].toFixed(3)} ms`;
    case "jumpClock":
      return `the monotonic clock of member ${call.with[0]} jumps by ${call.with[1].toFixed(1)} ms, its wall clock by ${call.with[2].toFixed(0)} ms`;
    case "failDisk":
      return describeDiskFaults(call.with[0], call.with[1]);
    case "damageDisk":
      return `member ${call.with[0]} dies, and its ${call.with[1].part ?? "log"} is damaged: ${call.with[1].kind}`;
    case "wipeDisk":
      return `member ${call.with[0]} dies, and its disk comes back empty, if that can be borne`;
    case "copyDisk":
      return `the disk of member ${call.with[0]} is copied`;
    case "restoreDisk":
      return `member ${call.with[0]} dies, and its disk comes back as it was copied, if that can be borne`;
    case "reset":
      return `the connections between members ${call.with[0]} and ${call.with[1]} break`;
    case "replayMessage":
      return "an old message arrives again";
    case "block":
      return `nothing gets through from member ${call.with[0]} to member ${call.with[1]}`;
    case "unblock":
      return `one reason less for nothing to get through from member ${call.with[0]} to member ${call.with[1]}`;
    case "filter":
      return `messages of types ${call.with[2].join(", ") || "none"} are lost from member ${call.with[0]} to member ${call.with[1]}`;
    case "change":
      return `the link from member ${call.with[0]} to member ${call.with[1]} changes: ${describeFields(call.with[2])}`;
    case "heal":
      return "every link works again";
    case "clog":
      return `what member ${call.with[0]} sends to member ${call.with[1]} arrives after ${(call.with[2] / 1000).toFixed(3)} ms`;
    case "submit":
      return `a client proposes ${describeCommands(call.with[1], call.with[2].length)} to member ${call.with[0]}`;
    case "ask":
      return `a client asks member ${call.with[0]} for read ${call.with[1]}`;
    case "askByClock":
      return `a client asks member ${call.with[0]} for read ${call.with[1]}, by its clock if it leads`;
    case "changeMembers":
      return `an operator asks member ${call.with[0]} for ${describeChange(call.with[1])}`;
    case "administer":
      return `an operator asks member ${call.with[0]} to ${describeOperation(call.with[1])}`;
    case "abandonChange":
      return `an operator asks member ${call.with[0]} to take the change back`;
    case "handOver":
      return `an operator asks member ${call.with[0]} to hand over to ${call.with[1] === 0 ? "anybody" : `member ${call.with[1]}`}`;
    case "operate":
      return `client ${call.with[1].process} asks member ${call.with[0]} to ${call.with[1].action} register ${call.with[1].key}`;
    case "perform": {
      const [id, { process, operation, again }] = call.with;
      const what = JSON.stringify(operation);
      return `client ${process} asks member ${id} for ${again ? `what it gave up last, or ${what}` : what}`;
    }
  }
}

function describeCrash(kind: CrashKind | undefined): string {
  if (kind === undefined) return "crashes";
  return kind === "kill" ? "is killed" : "loses power";
}

function describeChange({ voters, learners, promotable, timing }: ConfigurationChange): string {
  const lists = Object.entries({ voters, learners, promotable });
  const named = lists.flatMap(([what, ids]) => (ids === undefined ? [] : [`${what} ${ids.join(",") || "none"}`]));
  if (timing !== undefined) named.push(`an election timeout of ${timing.electionTimeoutMs} ms`);
  return named.join(", ");
}

function describeOperation(operation: MembershipOperation): string {
  switch (operation.kind) {
    case "add":
      return `add member ${operation.member.id}${operation.isPromotable ? ", which is to vote once it has caught up" : ""}`;
    case "remove":
    case "promote":
      return `${operation.kind} member ${operation.id}`;
    case "update":
      return `call member ${operation.member.id} ${operation.member.name}`;
    case "voters":
      return `let ${operation.voters.join(",")} vote`;
    case "timing":
      return `make the election timeout ${operation.timing.electionTimeoutMs} ms`;
    case "abandon":
      return "take the change back";
    case "transfer":
      return "hand over";
  }
}

function describeDiskFaults(id: MemberId, faults: DiskFaults): string {
  const what = describeFields(faults);
  return what === "" ? `the disk of member ${id} works again` : `the disk of member ${id} fails: ${what}`;
}

function describeFields(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
}

function describeCommands(first: number, count: number): string {
  return count === 1 ? `command ${first}` : `commands ${first} to ${first + count - 1}`;
}
