import { HostError, type Callback } from "@quorate/host";
import { refusalByAlarms, type AlarmCommand } from "./alarm-operations.ts";
import type { AccessCheck } from "./auth/access-check.ts";
import { isAuthCommand } from "./auth/auth-command-codec.ts";
import type { AuthCommand } from "./auth/auth-data.ts";
import { decodeCommand } from "./command-codec.ts";
import type { Engine } from "./engine.ts";
import { FormatError } from "./errors.ts";
import type { KeyState } from "./key-state.ts";
import { LiveTransaction } from "./live-transaction.ts";
import type {
  LeaseCheckpointCommand,
  LeaseExpireCommand,
  LeaseGrantCommand,
  LeaseRef,
  LeaseResult,
  LeaseRevokeCommand,
} from "./lease-operations.ts";
import type {
  CommandResult,
  DeleteRangeOperation,
  PlainCommand,
  PutOperation,
  StoreCommand,
  StoreRefusal,
  TxnOperation,
} from "./operations.ts";
import { prefetch } from "./prefetch.ts";
import { revokeLeases } from "./revoke-leases.ts";
import { attempt, untilFinished, type Pause } from "./steps.ts";
import type { Tables } from "./tables/tables.ts";
import { runTxn } from "./transaction.ts";

/** What the log gives: structurally the `Committed` of `@quorate/replica`. */
export interface CommittedCommand {
  readonly index: number;
  readonly term: number;
  /** A view of the log's own bytes. */
  readonly command: Uint8Array;
}

/** What the applier works on. */
export interface ApplierParts {
  readonly state: KeyState;
  readonly tables: Tables;
  readonly engine: Engine;
  readonly pause: Pause;
  readonly access: AccessCheck;
}

/** A command with its place in the log. */
interface Placed {
  readonly index: number;
  readonly term: number;
  readonly command: StoreCommand;
}

/** What is not applied at once. */
type SteppedCommand = DeleteRangeOperation | TxnOperation | LeaseRevokeCommand | LeaseExpireCommand;

/** Applies commands in order, completing at once when everything they need is in memory or one short read away. */
/** Operations that were applied since the state was loaded, those in transactions included. */
export interface AppliedCounts {
  readonly puts: number;
  /** Deletions of keys and ranges, not keys. */
  readonly deletes: number;
  /** Transactions. */
  readonly txns: number;
}

export class Applier {
  readonly #parts: ApplierParts;
  readonly #state: KeyState;
  readonly #tables: Tables;
  readonly #transaction: LiveTransaction;
  readonly #access: AccessCheck;
  #txns = 0;

  constructor(parts: ApplierParts) {
    this.#parts = parts;
    this.#state = parts.state;
    this.#tables = parts.tables;
    this.#transaction = new LiveTransaction(parts.state, parts.tables.leases);
    this.#access = parts.access;
  }

  get counts(): AppliedCounts {
    return { ...this.#transaction.counts, txns: this.#txns };
  }

  apply(committed: readonly CommittedCommand[], done: Callback<readonly CommandResult[]>): void {
    const decoded = attempt(() => committed.map(decode));
    if (decoded.error !== undefined) return done(decoded.error, []);
    const placed = decoded.value;
    const commands = placed.map(({ command }) => plainCommand(command));
    prefetch(commands, this.#state.overlay, this.#parts.engine, (error) => {
      if (error !== undefined) return done(error, []);
      this.#run(placed, done);
    });
  }

  #run(commands: readonly Placed[], done: Callback<readonly CommandResult[]>): void {
    const results: CommandResult[] = [];
    untilFinished(
      (step) => {
        // Damage found in the middle of a batch stops the member, so what the batch has changed by then does not matter.
        const simple = attempt(() => this.#applySimple(commands, results));
        if (simple.error !== undefined) return step(simple.error, true);
        const placed = commands[results.length];
        if (placed === undefined) return step(undefined, true);
        this.#applyInSteps(plainCommand(placed.command) as SteppedCommand, placed.term, (error, result) => {
          results.push(result);
          step(error, false);
        });
      },
      (error) => done(error, results),
    );
  }

  /** Goes on up to the first command that needs more than single keys. */
  #applySimple(commands: readonly Placed[], results: CommandResult[]): void {
    for (let index = results.length; index < commands.length; index++) {
      const result = this.#applyAtOnce(commands[index] as Placed);
      if (result === undefined) return;
      results.push(result);
    }
  }

  /** Undefined for a command that needs more than single keys. */
  #applyAtOnce({ command: asked, index, term }: Placed): CommandResult | undefined {
    const command = plainCommand(asked);
    // As of this command: the one before it may have changed what is permitted. Alarms come first, as with etcd.
    const refusal = this.#refusalByAlarms(command) ?? this.#access.refusalOf(asked);
    if (refusal !== undefined) return this.#refused(refusal);
    if (isAuthCommand(command)) return this.#applyAuth(command);
    switch (command.type) {
      case "put":
        return this.#applyPut(command);
      case "publish-member":
        this.#tables.members.publish(command.member, command);
        return this.#accepted({ type: "publish-member" });
      case "lease-grant":
        return this.#applyGrant(command, index);
      case "lease-checkpoint":
        return this.#applyLeaseCheckpoint(command, term);
      case "alarm-raise":
      case "alarm-disarm":
        return this.#applyAlarm(command);
      case "compact":
        return this.#applyCompaction(command.revision);
      case "delete-range":
      case "txn":
      case "lease-revoke":
      case "lease-expire":
        return undefined;
    }
  }

  #applyAuth(command: AuthCommand): CommandResult {
    const refusal = this.#tables.auth.state.apply(command);
    return refusal === undefined ? this.#accepted({ type: "auth" }) : this.#refused(refusal);
  }

  /** A put on its own has its lease looked for before its key (seen with etcd 3.4.23). */
  #applyPut(put: PutOperation): CommandResult {
    const refusal = this.#transaction.checkLease(put) ?? this.#transaction.checkPut(put);
    if (refusal !== undefined) return this.#refused(refusal);
    const result = this.#transaction.put(put);
    return { ok: true, revision: this.#state.commit(), result };
  }

  #refusalByAlarms(command: PlainCommand): StoreRefusal | undefined {
    const { alarms } = this.#tables;
    return alarms.isQuiet ? undefined : refusalByAlarms(command, (kind) => alarms.isRaised(kind));
  }

  #applyAlarm({ type, alarm }: AlarmCommand): CommandResult {
    const { alarms } = this.#tables;
    if (type === "alarm-disarm") {
      return this.#accepted({ type: "alarm", alarm: alarms.disarm(alarm) ? alarm : undefined });
    }
    return alarms.raise(alarm) ? this.#accepted({ type: "alarm", alarm }) : this.#refused("too-many-alarms");
  }

  /** What it gives up is removed from the engine later (`compaction/removal.ts`). */
  #applyCompaction(revision: number): CommandResult {
    const refusal = this.#state.compact(revision);
    return refusal === undefined ? this.#accepted({ type: "compact" }) : this.#refused(refusal);
  }

  #applyGrant({ lease: id, ttl }: LeaseGrantCommand, grantedAt: number): CommandResult {
    const { leases } = this.#tables;
    if (leases.get(id) !== undefined) return this.#refused("lease-exists");
    leases.grant({ id, ttl, remaining: ttl, grantedAt });
    return this.#accepted({ type: "lease-grant" });
  }

  #applyLeaseCheckpoint({ term, leases }: LeaseCheckpointCommand, entryTerm: number): CommandResult {
    if (term !== entryTerm) return this.#refused("deposed");
    for (const { lease, remaining } of this.#present(leases)) this.#tables.leases.setRemaining(lease, remaining);
    return this.#accepted({ type: "lease-checkpoint" });
  }

  #applyInSteps(command: SteppedCommand, term: number, done: Callback<CommandResult>): void {
    switch (command.type) {
      case "delete-range":
        return this.#transaction.deleteRange(command, (error, result) => {
          done(error, { ok: true, revision: this.#state.commit(), result });
        });
      case "txn":
        return this.#applyTxn(command, done);
      case "lease-revoke":
        if (this.#tables.leases.get(command.lease) === undefined)
          return done(undefined, this.#refused("lease-not-found"));
        return this.#revoke([command.lease], { type: "lease-revoke" }, done);
      case "lease-expire": {
        if (command.term !== term) return done(undefined, this.#refused("deposed"));
        const ids = [...new Set(this.#present(command.leases).map(({ lease }) => lease))];
        return this.#revoke(ids, { type: "lease-expire", expired: ids.length }, done);
      }
    }
  }

  #applyTxn(command: TxnOperation, done: Callback<CommandResult>): void {
    runTxn(command, this.#transaction, this.#transaction, (error, outcome) => {
      if (outcome.refusal !== undefined) return done(error, this.#refused(outcome.refusal));
      this.#txns++;
      done(error, { ok: true, revision: this.#state.commit(), result: outcome.result });
    });
  }

  #revoke(ids: readonly bigint[], result: LeaseResult, done: Callback<CommandResult>): void {
    const { state, tables, pause } = this.#parts;
    revokeLeases({ state, leases: tables.leases, pause }, ids, (error) => done(error, this.#accepted(result)));
  }

  /** Those that are there and were granted where the command says. */
  #present<Ref extends LeaseRef>(refs: readonly Ref[]): readonly Ref[] {
    return refs.filter(({ lease, grantedAt }) => this.#tables.leases.get(lease)?.grantedAt === grantedAt);
  }

  #accepted(result: Extract<CommandResult, { ok: true }>["result"]): CommandResult {
    return { ok: true, revision: this.#state.revision, result };
  }

  #refused(refusal: StoreRefusal): CommandResult {
    return { ok: false, revision: this.#state.revision, refusal };
  }
}

/** What is asked for, whoever asks. */
function plainCommand(command: StoreCommand): PlainCommand {
  return command.type === "by-user" || command.type === "by-member" ? command.command : command;
}

/** Throws `HostError`: a command in the log that cannot be read was written by a newer version, or is damaged. */
function decode({ index, term, command }: CommittedCommand): Placed {
  try {
    return { index, term, command: decodeCommand(command) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const message = `cannot read the command at index ${index}: ${error.message}; run a version that can`;
    throw new HostError("invalid", `index ${index}`, message, { cause: error });
  }
}
