import {
  decodeConfiguration,
  describeMember,
  encodeConfiguration,
  entryKinds,
  initialHardState,
  isJoint,
  makeEntry,
  payloadOf,
  recipients,
  type Configuration,
  type Entry,
  type HardState,
  type LogIndex,
  type LogPosition,
  type MemberId,
  type PlacedConfiguration,
  type RecoveredLog,
  type Term,
} from "@quorate/raft";
import type { ReadDone, Recovered, Wal, WalRecord } from "@quorate/wal";
import { ReplicaStartError } from "./errors.ts";
import type { StateMachine } from "./state-machine.ts";

/** What a member's log says when it starts, brought into the form that the core takes. */
export interface StartingLog {
  readonly hardState: HardState;
  readonly log: RecoveredLog;
}

/** How many bytes of frames are read from the log at a time. */
const readBytes = 4 * 1024 * 1024;

/** The term that a new cluster's configuration is written in, before any election. */
const bootstrapTerm = 1;

/** A log that nothing was ever written to. (One that was damaged may be empty too, and is not new at all.) */
export function isBrandNew({ hardState, last, damage }: Recovered): boolean {
  return hardState === undefined && last.index === 0 && damage === undefined;
}

/**
 * The record that a new cluster starts with: its configuration as entry 1, the same bytes on every member, and committed,
 * since all of them hold it. The sequence is below every one that the core gives.
 */
export function bootstrapRecord(configuration: Configuration): WalRecord & { readonly hardState: HardState } {
  const entry = makeEntry(1, bootstrapTerm, entryKinds.configuration, encodeConfiguration(configuration));
  return {
    sequence: 0,
    truncateFrom: undefined,
    entries: [entry],
    hardState: { term: bootstrapTerm, vote: 0, commit: 1 },
  };
}

/** What a log is after its bootstrap record. */
export function bootstrappedLog(configuration: Configuration): StartingLog {
  const { entries, hardState } = bootstrapRecord(configuration);
  const log: RecoveredLog = {
    base: { index: 0, term: 0 },
    last: { index: 1, term: bootstrapTerm },
    termRuns: [{ firstIndex: 1, term: bootstrapTerm }],
    configurations: entries,
    entries,
  };
  return { hardState, log };
}

/** What a member starts with that joins a running cluster: it knows nothing and has promised nothing. */
export const emptyLog: StartingLog = {
  hardState: initialHardState,
  log: { base: { index: 0, term: 0 }, last: { index: 0, term: 0 }, termRuns: [], configurations: [], entries: [] },
};

/** A voter whose log is new has lost what it promised: it may have voted in this very term (Raft §5.2; pitfall B57). */
export function forgottenVoter(memberId: MemberId): ReplicaStartError {
  return new ReplicaStartError(
    "forgotten-voter",
    `member ${describeMember(memberId)} votes in this cluster, and its log is empty: it was lost, with what the member had ` +
      "promised. Remove the member, and let another one join in its place under a new id",
  );
}

/** What the core starts from, where the log begins: the configuration there, and the index of its entry. */
export function configurationAtBase(
  { base, baseConfiguration }: Recovered,
  initial: Configuration,
): PlacedConfiguration {
  if (baseConfiguration === undefined) return { index: base.index, configuration: initial };
  return { index: baseConfiguration.index, configuration: decodeConfiguration(baseConfiguration.payload) };
}

/** Whether another member could send this one a state. */
export function canBeSent(machine: Pick<StateMachine<unknown>, "transfer">, recovered: Recovered): boolean {
  const last = recovered.configurations.at(-1);
  const newest = last === undefined ? recovered.baseConfiguration?.payload : payloadOf(last);
  return machine.transfer !== undefined && newest !== undefined && recipients(decodeConfiguration(newest)).length > 1;
}

/** Who decides at a base that is not the log's first place, only the log itself can say. */
export function checkBase({ base, baseConfiguration, damage }: Recovered): ReplicaStartError | undefined {
  if (base.index === 0 || baseConfiguration !== undefined) return undefined;
  return new ReplicaStartError(
    "damaged-log",
    `the log begins after ${base.index}, and the place that says who votes there is gone (${damage ?? "no damage is known"}): ` +
      "remove this member from the cluster, and let another one join in its place under a new id",
  );
}

/**
 * Whether state and log belong together. A state that holds entries which the log does not would make this member lie
 * about what it has: it does not start (pitfalls B49, B57). The exception is a log that is *known* to be damaged: then this
 * member claims no more than its log holds, and has no voice until the leader has sent it what is missing
 * (docs/decisions/0007-state-ahead-of-damaged-log.md). A state that ends before the log begins is replaced by another member's,
 * where one can be sent (`StateNeed`).
 */
export function checkStateAgainstLog(
  restored: LogPosition,
  recovered: Recovered,
  canBeSent: boolean,
): ReplicaStartError | undefined {
  const { base, last, damage } = recovered;
  if (restored.index > last.index) {
    if (damage !== undefined) return undefined;
    return new ReplicaStartError(
      "state-ahead-of-log",
      `the state holds everything up to ${restored.index}, but the log ends at ${last.index}: the log was wiped, or is not ` +
        "this member's. Restore log and state together from a copy, or remove this member's directory and let it join " +
        "again under a new id",
    );
  }
  if (restored.index < base.index) {
    if (canBeSent) return undefined;
    return new ReplicaStartError(
      "state-mismatch",
      `the state ends at ${restored.index} and the log begins after ${base.index}: entries between them are missing, and there is ` +
        "nobody to send a state. Restore this member's whole directory from a copy",
    );
  }
  const term = termAt(recovered, restored.index);
  // A damaged log may end in entries that were replaced later: only those that it knew to be committed are certain.
  const isCertain = damage === undefined || restored.index <= committedWithin(recovered);
  if (term === restored.term || !isCertain) return undefined;
  return new ReplicaStartError(
    "state-mismatch",
    `the state's last entry is of term ${restored.term}, and the log's entry ${restored.index} is of term ${term}: ` +
      "they are not of the same member",
  );
}

/**
 * A damaged log may have lost what this member acknowledged. Others give it back, where there are others (DESIGN §4): a
 * cluster of one voter has nobody to ask.
 */
export function checkDamage(recovered: Recovered, initial: Configuration): ReplicaStartError | undefined {
  const { damage, configurations } = recovered;
  if (damage === undefined) return undefined;
  const newest = configurations.at(-1);
  const configuration =
    newest === undefined
      ? configurationAtBase(recovered, initial).configuration
      : decodeConfiguration(payloadOf(newest));
  if (configuration.voters.length > 1 || isJoint(configuration)) return undefined;
  return new ReplicaStartError(
    "damaged-log",
    `the log of the only voter is damaged: ${damage}. Entries that were acknowledged may be gone, and nobody else has them: ` +
      "restore this member's whole directory from a copy",
  );
}

function termAt({ base, termRuns }: Recovered, index: LogIndex): Term {
  if (index === base.index) return base.term;
  return termRuns.findLast((run) => run.firstIndex <= index)?.term ?? base.term;
}

/**
 * Up to where the core may take entries as applied: what the state holds, and no further than the log, since it counts by
 * the log; of a damaged log no further than what is committed in it, since the rest may have been replaced later. The
 * pipeline passes over what the state has beyond that when it comes.
 */
export function appliedWithinLog(restored: LogPosition, log: FoundLog): LogIndex {
  const within = log.damage === undefined ? log.last.index : committedWithin(log);
  // A state that ends before the log begins is about to be replaced: by then everything up to the base is applied.
  return Math.max(log.base.index, Math.min(restored.index, within));
}

type FoundLog = Pick<Recovered, "base" | "last" | "damage" | "hardState">;

function committedWithin({ base, last, hardState }: FoundLog): LogIndex {
  return Math.max(base.index, Math.min(last.index, hardState?.commit ?? 0));
}

/** Reads every entry after `from` back from the log. */
export function readEntriesAfter(wal: Wal, from: LogIndex, last: LogIndex, done: ReadDone): void {
  const entries: Entry[] = [];
  const next = (): void => {
    const index = from + entries.length + 1;
    if (index > last) return done(undefined, entries);
    wal.read(index, last, readBytes, (error, read) => {
      if (error !== undefined) return done(error, []);
      for (const entry of read) entries.push(entry);
      next();
    });
  };
  next();
}
