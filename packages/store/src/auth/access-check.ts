import type { Compare, KeyRange, Operation, StoreCommand } from "../operations.ts";
import type { AuthRefusal, Caller } from "./auth-data.ts";
import type { AuthView } from "./auth-state.ts";

/** Which keys hang on a lease: they are deleted with it. */
export interface LeasedKeys {
  /** Each key's bytes; none for a lease that is not there. */
  keysOf(lease: bigint): Iterable<Uint8Array>;
  /** A range that holds all of them; undefined for none. */
  boundsOf(lease: bigint): KeyRange | undefined;
}

/**
 * Whether a command may be applied, or something be read, on behalf of its caller: the one place that knows what which request
 * needs. The rules are etcd's, those included that it was taught later: the previous value that a put shows must be readable
 * (CVE-2026-33343 and its kin), transactions count with all that lies in them, whichever branch is taken, comparisons are reads, and
 * whoever ties a key to a lease must be allowed to write every key that hangs on it.
 */
export class AccessCheck {
  readonly #auth: AuthView;
  readonly #leased: LeasedKeys;

  constructor(auth: AuthView, leased: LeasedKeys) {
    this.#auth = auth;
    this.#leased = leased;
  }

  /** Why a command that the log holds is not applied. Whoever adds a command decides here who may ask for it. */
  refusalOf(command: StoreCommand): AuthRefusal | undefined {
    if (!this.#auth.isEnabled || command.type === "by-member") return undefined;
    if (command.type === "by-user") return this.#refusalTo(command.caller, command.command);
    return this.#refusalTo(undefined, command);
  }

  /** Why an operation on keys is refused to its caller. */
  refusalOfOperation(caller: Caller | undefined, operation: Operation): AuthRefusal | undefined {
    if (!this.#auth.isEnabled) return undefined;
    switch (operation.type) {
      case "range":
        return this.#auth.refusalOfKeys(caller, "read", operation.range);
      case "put":
        return this.#refusalOfPut(caller, operation.key, operation.lease, operation.previous);
      case "delete-range":
        return (
          this.#auth.refusalOfKeys(caller, "write", operation.range) ??
          (operation.previous ? this.#auth.refusalOfKeys(caller, "read", operation.range) : undefined)
        );
      case "txn":
        return (
          this.#refusalOfCompares(caller, operation.compare) ??
          this.#refusalOfAll(caller, operation.success) ??
          this.#refusalOfAll(caller, operation.failure) ??
          // One that names no keys still wants somebody to ask for it.
          this.#auth.refusalOfUser(caller)
        );
    }
  }

  /** Why the caller may not read, or write, all that hangs on a lease. */
  refusalOfLease(caller: Caller | undefined, access: "read" | "write", lease: bigint): AuthRefusal | undefined {
    const refusal = this.#auth.refusalOfUser(caller);
    if (refusal !== undefined) return refusal;
    if (this.#auth.refusalOfAdministration(caller) === undefined) return undefined;
    // Mostly all that hangs on a lease lies under one permission, and many keys need not be looked at.
    const bounds = this.#leased.boundsOf(lease);
    if (bounds === undefined || this.#auth.refusalOfKeys(caller, access, bounds) === undefined) return undefined;
    for (const key of this.#leased.keysOf(lease)) {
      const keyRefusal = this.#auth.refusalOfKeys(caller, access, { key, end: undefined });
      if (keyRefusal !== undefined) return keyRefusal;
    }
    return undefined;
  }

  #refusalTo(caller: Caller | undefined, command: StoreCommand): AuthRefusal | undefined {
    switch (command.type) {
      case "put":
      case "delete-range":
      case "txn":
        return this.refusalOfOperation(caller, command);
      case "auth-enable":
      case "auth-disable":
      case "user-add":
      case "user-delete":
      case "user-change-password":
      case "user-grant-role":
      case "user-revoke-role":
      case "role-add":
      case "role-delete":
      case "role-grant-permission":
      case "role-revoke-permission":
      case "compact":
      case "alarm-raise":
      case "alarm-disarm":
        return this.#auth.refusalOfAdministration(caller);
      case "lease-grant":
        return this.#auth.refusalOfUser(caller);
      case "lease-revoke":
        return this.refusalOfLease(caller, "write", command.lease);
      // What leaders say by themselves: nobody else can.
      case "lease-expire":
      case "lease-checkpoint":
      // What members tell each other, and what has been looked at already.
      case "publish-member":
      case "by-user":
      case "by-member":
        return undefined;
    }
  }

  #refusalOfPut(
    caller: Caller | undefined,
    key: Uint8Array,
    lease: bigint,
    showsPrevious: boolean,
  ): AuthRefusal | undefined {
    const range: KeyRange = { key, end: undefined };
    return (
      this.#auth.refusalOfKeys(caller, "write", range) ??
      (lease === 0n ? undefined : this.refusalOfLease(caller, "write", lease)) ??
      (showsPrevious ? this.#auth.refusalOfKeys(caller, "read", range) : undefined)
    );
  }

  #refusalOfCompares(caller: Caller | undefined, compares: readonly Compare[]): AuthRefusal | undefined {
    for (const { range } of compares) {
      const refusal = this.#auth.refusalOfKeys(caller, "read", range);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  #refusalOfAll(caller: Caller | undefined, operations: readonly Operation[]): AuthRefusal | undefined {
    for (const operation of operations) {
      const refusal = this.refusalOfOperation(caller, operation);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }
}
