import { isOperation } from "@quorate/store";
import type {
  CommandResult,
  Compare,
  KeyRange,
  KeyValue,
  Lease,
  LeaseCommand,
  LeaseRef,
  Operation,
  OperationResult,
  RangeOperation,
  RangeResult,
  ReadResult,
  StoreCommand,
  StoreRefusal,
  TxnOperation,
  WriteOperation,
} from "@quorate/store";

/**
 * etcd's semantics written down as plainly as possible, for comparison: every revision keeps a copy of all keys. Keys are
 * hexadecimal text, which sorts as the bytes do.
 */
type Keys = Map<string, KeyValue>;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** What the model knows: no users. */
export type ModelledCommand = Extract<
  StoreCommand,
  { type: Operation["type"] | LeaseCommand["type"] | "publish-member" | "compact" }
>;

export class NaiveModel {
  #history: Keys[] = [new Map(), new Map()];
  #index = 0;
  readonly leases = new Map<bigint, Lease>();
  readonly members = new Map<number, { name: string; clientUrls: readonly string[] }>();

  compactedRevision = 0;

  get revision(): number {
    return this.#history.length - 1;
  }

  /** The command with `grantedAt` 0 replaced by where the lease was granted that is there now. */
  aimed(command: ModelledCommand): ModelledCommand {
    const aim = <Ref extends LeaseRef>(ref: Ref): Ref =>
      ref.grantedAt === 0 ? { ...ref, grantedAt: this.leases.get(ref.lease)?.grantedAt ?? 0 } : ref;
    if (command.type === "lease-expire") return { ...command, leases: command.leases.map(aim) };
    if (command.type === "lease-checkpoint") return { ...command, leases: command.leases.map(aim) };
    return command;
  }

  /** Which keys are attached to a lease, in their order: those whose newest version names it. */
  keysOf(lease: bigint): string[] {
    return [...this.#keysAt(this.revision)]
      .filter(([, item]) => item.lease === lease)
      .map(([key]) => key)
      .sort();
  }

  /** Commands are numbered as the log does, all of term 1. */
  apply(command: ModelledCommand): CommandResult {
    this.#index++;
    if (command.type === "compact") return this.#compact(command.revision);
    if (!isOperation(command) && command.type !== "publish-member") return this.#applyLease(command);
    if (command.type === "publish-member") {
      this.members.set(command.member, { name: command.name, clientUrls: command.clientUrls });
      return { ok: true, revision: this.revision, result: { type: "publish-member" } };
    }
    const before = this.#keysAt(this.revision);
    const refusal = this.#refusal(command, before);
    if (refusal !== undefined) return { ok: false, revision: this.revision, refusal };
    const attempt = new Attempt(this.#history, before);
    const chosen = new Map<TxnOperation, boolean>();
    choose(command, before, chosen);
    const result = attempt.run(command, chosen);
    if (attempt.changed) this.#history.push(attempt.keys);
    return { ok: true, revision: this.revision, result };
  }

  /** What a revision changed, by key: the state of each changed key before and after it, in the order of keys. */
  changesAt(revision: number): { readonly before: KeyValue | undefined; readonly after: KeyValue | undefined }[] {
    const [before, after] = [this.#keysAt(revision - 1), this.#keysAt(revision)];
    const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
    return keys
      .map((key) => ({ before: before.get(key), after: after.get(key) }))
      .filter((change) => change.after === undefined || change.after.modRevision === revision);
  }

  range(operation: RangeOperation): ReadResult<RangeResult> {
    const { revision } = this;
    if (operation.revision > revision) return { ok: false, revision, refusal: "future-revision" };
    if (operation.revision > 0 && operation.revision < this.compactedRevision) {
      return { ok: false, revision, refusal: "compacted" };
    }
    const keys = this.#keysAt(operation.revision > 0 ? operation.revision : revision);
    return { ok: true, revision, result: rangeOf(keys, operation) };
  }

  /** What a read found that began before a later compaction. */
  seenAt(operation: RangeOperation): RangeResult {
    return rangeOf(this.#keysAt(operation.revision), operation);
  }

  #compact(compacted: number): CommandResult {
    const { revision } = this;
    if (compacted <= this.compactedRevision) return { ok: false, revision, refusal: "compacted" };
    if (compacted > revision) return { ok: false, revision, refusal: "future-revision" };
    this.compactedRevision = compacted;
    return { ok: true, revision, result: { type: "compact" } };
  }

  #keysAt(revision: number): Keys {
    return this.#history[revision] as Keys;
  }

  #applyLease(command: LeaseCommand): CommandResult {
    const refused = (refusal: StoreRefusal): CommandResult => ({ ok: false, revision: this.revision, refusal });
    switch (command.type) {
      case "lease-grant": {
        const { lease: id, ttl } = command;
        if (this.leases.has(id)) return refused("lease-exists");
        this.leases.set(id, { id, ttl, remaining: ttl, grantedAt: this.#index });
        return { ok: true, revision: this.revision, result: { type: "lease-grant" } };
      }
      case "lease-revoke":
        if (!this.leases.has(command.lease)) return refused("lease-not-found");
        this.#revoke(command.lease);
        return { ok: true, revision: this.revision, result: { type: "lease-revoke" } };
      case "lease-expire": {
        if (command.term !== 1) return refused("deposed");
        let expired = 0;
        for (const { lease, grantedAt } of command.leases) {
          if (this.leases.get(lease)?.grantedAt !== grantedAt) continue;
          this.#revoke(lease);
          expired++;
        }
        return { ok: true, revision: this.revision, result: { type: "lease-expire", expired } };
      }
      case "lease-checkpoint":
        if (command.term !== 1) return refused("deposed");
        for (const { lease: id, grantedAt, remaining } of command.leases) {
          const lease = this.leases.get(id);
          if (lease?.grantedAt === grantedAt) this.leases.set(id, { ...lease, remaining });
        }
        return { ok: true, revision: this.revision, result: { type: "lease-checkpoint" } };
    }
  }

  #revoke(lease: bigint): void {
    const keys = this.keysOf(lease);
    this.leases.delete(lease);
    if (keys.length === 0) return;
    const left = new Map(this.#keysAt(this.revision));
    for (const key of keys) left.delete(key);
    this.#history.push(left);
  }

  #refusal(command: WriteOperation, before: Keys): StoreRefusal | undefined {
    if (command.type === "put") {
      if (this.#isUnknown(command.lease)) return "lease-not-found";
      return needsKey(command) && !before.has(hex(command.key)) ? "key-not-found" : undefined;
    }
    if (command.type === "delete-range") return undefined;
    const chosen = new Map<TxnOperation, boolean>();
    choose(command, before, chosen);
    const operations = flatten(command, chosen);
    for (const operation of operations) {
      if (operation.type !== "put") continue;
      if (needsKey(operation) && !before.has(hex(operation.key))) return "key-not-found";
      if (this.#isUnknown(operation.lease)) return "lease-not-found";
    }
    for (const operation of operations) {
      if (operation.type !== "range") continue;
      if (operation.revision > this.revision) return "future-revision";
      if (operation.revision < -1 || (operation.revision === -1 && this.compactedRevision > 0)) return "compacted";
      if (operation.revision > 0 && operation.revision < this.compactedRevision) return "compacted";
    }
    return undefined;
  }

  #isUnknown(lease: bigint): boolean {
    return lease !== 0n && !this.leases.has(lease);
  }
}

const needsKey = (put: { ignoreValue: boolean; ignoreLease: boolean }): boolean => put.ignoreValue || put.ignoreLease;

function choose(operation: Operation, before: Keys, chosen: Map<TxnOperation, boolean>): void {
  if (operation.type !== "txn") return;
  const succeeded = operation.compare.every((compare) => holds(compare, before));
  chosen.set(operation, succeeded);
  for (const nested of succeeded ? operation.success : operation.failure) choose(nested, before, chosen);
}

function flatten(operation: Operation, chosen: Map<TxnOperation, boolean>): Operation[] {
  if (operation.type !== "txn") return [operation];
  const branch = chosen.get(operation) === true ? operation.success : operation.failure;
  return branch.flatMap((nested) => flatten(nested, chosen));
}

function inRange(keys: Keys, { key, end }: KeyRange): KeyValue[] {
  const from = hex(key);
  const isInside = (candidate: string): boolean => {
    if (end === undefined) return candidate === from;
    if (end.length === 1 && end[0] === 0) return candidate >= from;
    return candidate >= from && candidate < hex(end);
  };
  return [...keys]
    .filter(([candidate]) => isInside(candidate))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, item]) => item);
}

function holds(compare: Compare, keys: Keys): boolean {
  const items = inRange(keys, compare.range);
  if (items.length > 0) return items.every((item) => holdsFor(compare, item));
  if (compare.target.kind === "value") return false;
  return holdsFor(compare, {
    key: compare.range.key,
    value: new Uint8Array(0),
    createRevision: 0,
    modRevision: 0,
    version: 0,
    lease: 0n,
  });
}

function holdsFor({ relation, target }: Compare, item: KeyValue): boolean {
  const actual = {
    version: item.version,
    create: item.createRevision,
    mod: item.modRevision,
    lease: item.lease,
    value: hex(item.value),
  }[target.kind];
  const operand = target.kind === "value" ? hex(target.operand) : target.operand;
  if (relation === "equal") return actual === operand;
  if (relation === "not-equal") return actual !== operand;
  return relation === "greater" ? actual > operand : actual < operand;
}

function rangeOf(keys: Keys, operation: RangeOperation): RangeResult {
  const { limit, sortOrder, sortTarget } = operation;
  let items = inRange(keys, operation.range);
  const count = items.length;
  if (operation.countOnly) return { type: "range", items: [], more: false, count };
  const bounds = [
    operation.minModRevision,
    operation.maxModRevision,
    operation.minCreateRevision,
    operation.maxCreateRevision,
  ];
  if (sortOrder === "none" && bounds.every((bound) => bound <= 0) && limit > 0) items = items.slice(0, limit + 1);
  const [minMod, maxMod, minCreate, maxCreate] = bounds as [number, number, number, number];
  items = items.filter(
    (item) =>
      (minMod <= 0 || item.modRevision >= minMod) &&
      (maxMod <= 0 || item.modRevision <= maxMod) &&
      (minCreate <= 0 || item.createRevision >= minCreate) &&
      (maxCreate <= 0 || item.createRevision <= maxCreate),
  );
  const by = (item: KeyValue): number | string =>
    ({
      key: hex(item.key),
      version: item.version,
      create: item.createRevision,
      mod: item.modRevision,
      value: hex(item.value),
    })[sortTarget];
  if (sortOrder !== "none" || sortTarget !== "key") {
    const sign = sortOrder === "descend" ? -1 : 1;
    items = items.toSorted((a, b) => (by(a) < by(b) ? -sign : by(a) > by(b) ? sign : 0));
  }
  const more = limit > 0 && items.length > limit;
  if (more) items = items.slice(0, limit);
  if (operation.keysOnly) items = items.map((item) => ({ ...item, value: new Uint8Array(0) }));
  return { type: "range", items, more, count };
}

/** One transaction at work on its own copy of the keys. */
class Attempt {
  keys: Keys;
  changed = false;
  readonly #history: readonly Keys[];

  constructor(history: readonly Keys[], before: Keys) {
    this.#history = history;
    this.keys = new Map(before);
  }

  run(operation: Operation, chosen: Map<TxnOperation, boolean>): OperationResult {
    const next = this.#history.length;
    switch (operation.type) {
      case "put": {
        const id = hex(operation.key);
        const previous = this.keys.get(id);
        this.changed = true;
        this.keys.set(id, {
          key: operation.key,
          value: operation.ignoreValue && previous !== undefined ? previous.value : operation.value,
          createRevision: previous?.createRevision ?? next,
          modRevision: next,
          version: (previous?.version ?? 0) + 1,
          lease: operation.ignoreLease && previous !== undefined ? previous.lease : operation.lease,
        });
        return { type: "put", previous: operation.previous ? previous : undefined };
      }
      case "delete-range": {
        const items = inRange(this.keys, operation.range);
        for (const item of items) this.keys.delete(hex(item.key));
        if (items.length > 0) this.changed = true;
        return { type: "delete-range", deleted: items.length, previous: operation.previous ? items : [] };
      }
      case "range":
        return rangeOf(operation.revision > 0 ? (this.#history[operation.revision] as Keys) : this.keys, operation);
      case "txn": {
        const succeeded = chosen.get(operation) === true;
        const results = (succeeded ? operation.success : operation.failure).map((nested) => this.run(nested, chosen));
        return { type: "txn", succeeded, results, revision: this.changed ? next : next - 1 };
      }
    }
  }
}
