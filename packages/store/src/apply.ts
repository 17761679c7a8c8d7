import type { AccessCheck } from "./auth/access-check.ts";
import type { AuthCommand } from "./auth/auth-data.ts";
import { HostError, type Callback } from "@quorate/host";
import { decodeCommand } from "./command-codec.ts";
import type { Engine } from "./engine.ts";
import { FormatError } from "./errors.ts";
import type { KeyState } from "./key-state.ts";
import { LiveTransaction } from "./live-transaction.ts";
import type {
  CommandResult,
  DeleteRangeOperation,
  PlainCommand,
  PutOperation,
  StoreCommand,
  TxnOperation,
} from "./operations.ts";
import { prefetch } from "./prefetch.ts";
import { attempt, untilFinished } from "./steps.ts";
import type { Tables } from "./tables/tables.ts";
import { runTxn } from "./transaction.ts";

/** What the log gives: structurally the `Committed` of `@quorate/replica`. */
export interface CommittedCommand {
  readonly index: number;
  readonly term: number;
  /** A view of the log's own bytes. */
  readonly command: Uint8Array;
}

/** Applies commands in order, completing at once when everything they need is in memory or one short read away. */
export class Applier {
  readonly #state: KeyState;
  readonly #tables: Tables;
  readonly #engine: Engine;
  readonly #transaction: LiveTransaction;
  readonly #access: AccessCheck;

  constructor(state: KeyState, tables: Tables, engine: Engine, access: AccessCheck) {
    this.#state = state;
    this.#tables = tables;
    this.#engine = engine;
    this.#transaction = new LiveTransaction(state);
    this.#access = access;
  }

  apply(committed: readonly CommittedCommand[], done: Callback<readonly CommandResult[]>): void {
    const decoded = attempt(() => committed.map(decode));
    if (decoded.error !== undefined) return done(decoded.error, []);
    const commands = decoded.value;
    prefetch(commands.map(plainCommand), this.#state.overlay, this.#engine, (error) => {
      if (error !== undefined) return done(error, []);
      this.#run(commands, done);
    });
  }

  #run(commands: readonly StoreCommand[], done: Callback<readonly CommandResult[]>): void {
    const results: CommandResult[] = [];
    untilFinished(
      (step) => {
        // Damage found in the middle of a batch stops the member, so what the batch has changed by then does not matter.
        const simple = attempt(() => this.#applySimple(commands, results));
        if (simple.error !== undefined) return step(simple.error, true);
        const command = commands[results.length];
        if (command === undefined) return step(undefined, true);
        this.#applyInSteps(plainCommand(command) as DeleteRangeOperation | TxnOperation, (error, result) => {
          results.push(result);
          step(error, false);
        });
      },
      (error) => done(error, results),
    );
  }

  /** Goes on up to the first command that needs more than single keys. */
  #applySimple(commands: readonly StoreCommand[], results: CommandResult[]): void {
    for (let index = results.length; index < commands.length; index++) {
      // As of this command: the one before it may have changed what is permitted.
      const refusal = this.#access.refusalOf(commands[index] as StoreCommand);
      const command = plainCommand(commands[index] as StoreCommand);
      if (refusal !== undefined) results.push({ ok: false, revision: this.#state.revision, refusal });
      else if (command.type === "put") results.push(this.#applyPut(command));
      else if (command.type === "publish-member") {
        this.#tables.members.publish(command.member, command);
        results.push({ ok: true, revision: this.#state.revision, result: { type: "publish-member" } });
      } else if (command.type === "delete-range" || command.type === "txn") return;
      else results.push(this.#applyAuth(command));
    }
  }

  #applyAuth(command: AuthCommand): CommandResult {
    const { revision } = this.#state;
    const refusal = this.#tables.auth.state.apply(command);
    return refusal === undefined ? { ok: true, revision, result: { type: "auth" } } : { ok: false, revision, refusal };
  }

  /** A put on its own has its lease looked for before its key (seen with etcd 3.4.23). */
  #applyPut(put: PutOperation): CommandResult {
    const refusal = put.lease === 0n ? this.#transaction.checkPut(put) : "lease-not-found";
    if (refusal !== undefined) return { ok: false, revision: this.#state.revision, refusal };
    const result = this.#transaction.put(put);
    return { ok: true, revision: this.#state.commit(), result };
  }

  #applyInSteps(command: DeleteRangeOperation | TxnOperation, done: Callback<CommandResult>): void {
    const state = this.#state;
    if (command.type === "delete-range") {
      return this.#transaction.deleteRange(command, (error, result) => {
        done(error, { ok: true, revision: state.commit(), result });
      });
    }
    runTxn(command, this.#transaction, this.#transaction, (error, outcome) => {
      if (outcome.refusal !== undefined)
        return done(error, { ok: false, revision: state.revision, refusal: outcome.refusal });
      done(error, { ok: true, revision: state.commit(), result: outcome.result });
    });
  }
}

/** What is asked for, whoever asks. */
function plainCommand(command: StoreCommand): PlainCommand {
  return command.type === "by-user" || command.type === "by-member" ? command.command : command;
}

/** Throws `HostError`: a command in the log that cannot be read was written by a newer version, or is damaged. */
function decode({ index, command }: CommittedCommand): StoreCommand {
  try {
    return decodeCommand(command);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const message = `cannot read the command at index ${index}: ${error.message}; run a version that can`;
    throw new HostError("invalid", `index ${index}`, message, { cause: error });
  }
}
