import type { Logger } from "@quorate/host";
import type { Replica } from "@quorate/replica";
import type { CommandResult, Operation, PlainCommand } from "@quorate/store";
import { refusals, type EtcdError } from "../errors.ts";
import type { KeyValueState } from "../service-parts.ts";

export interface QuotaParts {
  readonly store: Pick<KeyValueState, "approximateBytes" | "alarms">;
  readonly replica: Pick<Replica<CommandResult>, "propose" | "status">;
  /** A command of the member's own. */
  readonly encodeCommand: (command: PlainCommand) => Uint8Array;
  /** What the state may take, in bytes; 0 for no bound. */
  readonly limitBytes: number;
  readonly logger: Logger;
}

/** What etcd reckons a key with its metadata, and a lease, to take beside what they hold, in bytes. */
const keyOverheadBytes = 256;
const leaseBytes = 64;

/**
 * How much the state may take. A member at whose bound a write arrives refuses that and raises the alarm NOSPACE, through the log:
 * from then on no member takes what needs space, until the alarm is disarmed. Disarmed too early, the next write raises it again.
 */
export class Quota {
  readonly #parts: QuotaParts;
  #isRaising = false;

  constructor(parts: QuotaParts) {
    this.#parts = parts;
  }

  /** In bytes; 0 for no bound. */
  get limitBytes(): number {
    return this.#parts.limitBytes;
  }

  /** Why a command is not even proposed. */
  refusalOf(command: PlainCommand): EtcdError | undefined {
    const { limitBytes, store } = this.#parts;
    if (limitBytes === 0) return undefined;
    const cost = costOf(command);
    if (cost === 0 || store.approximateBytes + cost < limitBytes) return undefined;
    this.#raise();
    return refusals.noSpace();
  }

  #raise(): void {
    const { store, replica, encodeCommand, limitBytes, logger } = this.#parts;
    const alarm = { member: BigInt(replica.status.memberId), kind: "no-space" } as const;
    const isThere = store.alarms.some(({ member, kind }) => member === alarm.member && kind === alarm.kind);
    if (isThere || this.#isRaising) return;
    this.#isRaising = true;
    logger.error(
      "the state takes as much as it may: nothing more is taken in until it is compacted and the alarm disarmed",
      {
        bytes: store.approximateBytes,
        quotaBytes: limitBytes,
      },
    );
    replica.propose(encodeCommand({ type: "alarm-raise", alarm }), (error) => {
      this.#isRaising = false;
      if (error !== undefined) logger.warn(`the alarm NOSPACE could not be raised: ${error.message}`);
    });
  }
}

/** About what a command adds to the state, in bytes, reckoned as etcd does; 0 for one that may be carried out without any space. */
function costOf(command: PlainCommand): number {
  if (command.type === "lease-grant") return leaseBytes;
  return command.type === "put" || command.type === "txn" ? costOfOperation(command) : 0;
}

function costOfOperation(operation: Operation): number {
  if (operation.type === "put") return keyOverheadBytes + operation.key.length + operation.value.length;
  if (operation.type !== "txn") return 0;
  return Math.max(costOfAll(operation.success), costOfAll(operation.failure));
}

function costOfAll(operations: readonly Operation[]): number {
  return operations.reduce((sum, operation) => sum + costOfOperation(operation), 0);
}
