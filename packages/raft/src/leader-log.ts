import { announceConfiguration } from "./announce.ts";
import { entryKinds, frameHeaderBytes, makeEntry, type Entry } from "./entry.ts";
import type { Proposed, Refused } from "./interface.ts";
import { knownLeader, type State } from "./state.ts";
import type { MemberId } from "./types.ts";

/** Appends to our own log, hands the entries to the disk, and takes a configuration among them into force at once. */
export function appendOwn(state: State, entries: readonly Entry[]): void {
  state.log.append(entries);
  state.outbox.stageEntries(entries);
  if (state.configurations.appended(entries)) announceConfiguration(state);
}

/** Appends commands, all or none (Raft §5.3). Refuses beyond the bounds, so that a lost quorum cannot grow the log. */
export function propose(state: State, commands: readonly Uint8Array[], askedBy?: MemberId): Proposed | Refused {
  if (state.role.name !== "leader") {
    return { ok: false, refusal: { reason: "not-leader", leader: knownLeader(state) } };
  }
  const { transfer } = state.role;
  if (transfer !== undefined && !state.rules.mayTakeCommand(true))
    return { ok: false, refusal: { reason: "transferring", to: transfer.to } };
  const { limits, log } = state;
  let bytes = 0;
  for (const command of commands) {
    if (command.length > limits.maxCommandBytes) {
      return { ok: false, refusal: { reason: "too-large", limitBytes: limits.maxCommandBytes } };
    }
    bytes += frameHeaderBytes + command.length;
  }
  const uncommitted = log.lastIndex - log.commit;
  if (uncommitted > 0 && log.uncommittedBytes + bytes > limits.maxUncommittedBytes) {
    return { ok: false, refusal: { reason: "busy", bound: "maxUncommittedBytes" } };
  }
  if (uncommitted > 0 && uncommitted + commands.length > limits.maxUncommittedEntries) {
    return { ok: false, refusal: { reason: "busy", bound: "maxUncommittedEntries" } };
  }
  // With a quorum of others, entries commit while our own disk or state machine stands still: they must wait somewhere.
  if (log.applied < log.commit && log.unappliedBytes + bytes > limits.maxUnappliedBytes) {
    return { ok: false, refusal: { reason: "busy", bound: "maxUnappliedBytes" } };
  }
  const firstIndex = log.lastIndex + 1;
  const entries = commands.map((command, at) => makeEntry(firstIndex + at, state.term, entryKinds.command, command));
  appendOwn(state, entries);
  const asker = askedBy === undefined ? undefined : state.role.progress.get(askedBy);
  if (asker !== undefined) asker.commitAwaited = log.lastIndex;
  return { ok: true, firstIndex, term: state.term };
}
