import type { Configuration } from "./configuration.ts";
import type { Effect } from "./effects.ts";
import { entryKinds, frameHeaderBytes, type Entry } from "./entry.ts";
import type { RaftStatus } from "./interface.ts";
import type { Message } from "./message.ts";
import type { LogPosition, MemberId } from "./types.ts";

/** One printer for tests, simulator, logs, doctor and lab: short, stable, one line. */

const kindNames = new Map<number, string>(Object.entries(entryKinds).map(([name, kind]) => [kind, name]));

/** A member's id as etcd's tools print it: in hexadecimal. */
export function describeMember(id: MemberId): string {
  return id.toString(16);
}

export function describePosition(position: LogPosition): string {
  return `${position.index}@${position.term}`;
}

export function describeEntry(entry: Entry): string {
  const name = kindNames.get(entry.kind) ?? `kind ${entry.kind}`;
  return `${describePosition(entry)} ${name} ${entry.frame.length - frameHeaderBytes} B`;
}

/** Entries as a range: "5@2..9@3 (5)". */
export function describeEntries(entries: readonly Entry[]): string {
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return "none";
  return first === last
    ? describePosition(first)
    : `${describePosition(first)}..${describePosition(last)} (${entries.length})`;
}

export function describeConfiguration(configuration: Configuration): string {
  const { voters, outgoing, learners, promotable } = configuration;
  const joint = outgoing.length > 0 ? ` and ${describeMembers(outgoing)}` : "";
  const learning = learners.length > 0 ? ` learners ${describeMembers(learners)}` : "";
  const promoting = promotable.length > 0 ? ` to be promoted ${describeMembers(promotable)}` : "";
  return `voters ${describeMembers(voters)}${joint}${learning}${promoting}`;
}

function describeMembers(ids: readonly MemberId[]): string {
  return `(${ids.map((id) => describeMember(id)).join(" ")})`;
}

export function describeMessage(message: Message): string {
  const head = `${message.type} t${message.term}`;
  switch (message.type) {
    case "pre-vote-request":
      return `${head} for t${message.electionTerm} last ${describePosition(message.last)}`;
    case "pre-vote-response":
      return `${head} for t${message.electionTerm} ${message.granted ? "yes" : "no"}`;
    case "vote-request":
      return `${head} last ${describePosition(message.last)}${message.transfer ? " asked by the leader" : ""}`;
    case "vote-response":
      return `${head} ${message.granted ? "yes" : "no"}`;
    case "append": {
      const { previous, commit, entries } = message;
      return `${head} after ${describePosition(previous)} commit ${commit} entries ${describeEntries(entries)}`;
    }
    case "append-accepted":
      return `${head} match ${message.match}`;
    case "append-rejected": {
      const { rejected, conflict } = message;
      return `${head} at ${rejected} conflict ${describePosition(conflict)} from ${conflict.firstIndex}`;
    }
    case "heartbeat":
      return `${head} commit ${message.commit} round ${message.round}`;
    case "heartbeat-response":
      return `${head} round ${message.round}`;
    case "read-index-request":
      return `${head} #${message.id}`;
    case "read-index-response":
      return `${head} #${message.id} index ${message.index}`;
    case "timeout-now":
      return head;
  }
}

export function describeEffect(effect: Effect): string {
  switch (effect.type) {
    case "persist": {
      const { hardState, truncateFrom, base } = effect;
      const begun = base === undefined ? "" : ` base ${describePosition(base.position)}`;
      const cut = truncateFrom === undefined ? "" : ` cut from ${truncateFrom}`;
      const hard =
        hardState === undefined ? "" : ` t${hardState.term} vote ${hardState.vote} commit ${hardState.commit}`;
      return `persist #${effect.sequence}${cut}${begun} entries ${describeEntries(effect.entries)}${hard}`;
    }
    case "send":
      return `send to ${effect.to}: ${describeMessage(effect.message)}`;
    case "commit":
      return `commit ${describeEntries(effect.entries)}`;
    case "read-ready":
      return `read #${effect.id} ready at ${effect.index}`;
    case "read-refused":
      return `read #${effect.id} refused`;
    case "load":
      return `load ${effect.from}..${effect.to} for ${effect.for}`;
    case "state-wanted":
      return `state wanted for ${effect.to}, at least ${effect.atLeast}: ${effect.reason}`;
    case "state-unwanted":
      return `state no longer wanted for ${effect.to}`;
    case "role":
      return `${effect.role} t${effect.term} leader ${effect.leader}: ${effect.reason}`;
    case "configuration":
      return `configuration at ${effect.index}: ${describeConfiguration(effect.configuration)}`;
    case "transfer-ended":
      return `transfer to ${describeMember(effect.to)} ${effect.outcome}`;
  }
}

export function describeStatus(status: RaftStatus): string {
  const voice = status.quarantined ? " quarantined" : "";
  const handing = status.transferringTo === 0 ? "" : ` transferring to ${status.transferringTo}`;
  return (
    `member ${status.id} ${status.role} t${status.term} vote ${status.vote} leader ${status.leader} ` +
    `last ${describePosition(status.last)} durable ${status.durableIndex} commit ${status.commitIndex} ` +
    `applied ${status.appliedIndex} ${describeConfiguration(status.configuration)}${voice}${handing}`
  );
}
