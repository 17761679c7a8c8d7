import type {
  CommandResult,
  Lease,
  LeaseCommand,
  LeaseRef,
  LeaseView,
  PlainCommand,
  PutOperation,
} from "@quorate/store";

/** A lease that ended, and the keys that went with it. */
export interface EndedLease {
  readonly lease: Lease;
  readonly keys: readonly string[];
}

/** What one command of the log comes to. */
export interface LeaseOutcome {
  /** How the store must answer it, as text, and the revision after it. */
  readonly answer: string;
  readonly come: readonly Lease[];
  readonly gone: readonly EndedLease[];
  /** All leases with their keys after it, as text (`shownLeases`). */
  readonly after: string;
}

interface Held {
  readonly lease: Lease;
  readonly keys: Set<string>;
}

/**
 * What is true of leases and of the keys that are put with them, from the commands of the log alone: two plain maps. No code of
 * the store is asked, and every member's table is compared with it after each command.
 */
export class LeaseModel {
  readonly #leases = new Map<bigint, Held>();
  /** By key, as long as it is there: whose it is, 0 for nobody's. */
  readonly #keys = new Map<string, bigint>();
  #revision = 1;
  #come: Lease[] = [];
  #gone: EndedLease[] = [];

  /** The keys that are there, and whose each is, as text. */
  get keys(): string {
    return Array.from(this.#keys, ([key, lease]) => `${key} ${lease}`)
      .sort(ascending)
      .join("; ");
  }

  get(id: bigint): Lease | undefined {
    return this.#leases.get(id)?.lease;
  }

  /** The next command of the log. What a leader says of leases counts in an entry of its own term only, and of the same lease only. */
  apply(index: number, term: number, command: PlainCommand): LeaseOutcome {
    this.#come = [];
    this.#gone = [];
    const refusal = this.#refusal(index, term, command);
    const answer = `${refusal ?? command.type} ${this.#revision}`;
    return { answer, come: this.#come, gone: this.#gone, after: this.#shown() };
  }

  /** Does what the command says, or gives why it must be refused. */
  #refusal(index: number, term: number, command: PlainCommand): string | undefined {
    if (!isOfLeases(command)) throw new Error(`no client of leases asks for ${command.type}`);
    switch (command.type) {
      case "lease-grant": {
        const { lease: id, ttl } = command;
        if (this.#leases.has(id)) return "lease-exists";
        const lease = { id, ttl, remaining: ttl, grantedAt: index };
        this.#leases.set(id, { lease, keys: new Set() });
        this.#come.push(lease);
        return undefined;
      }
      case "lease-revoke":
        return this.#end(command.lease) ? undefined : "lease-not-found";
      case "lease-expire":
        if (command.term !== term) return "deposed";
        for (const ref of command.leases) if (this.#isSame(ref)) this.#end(ref.lease);
        return undefined;
      case "lease-checkpoint":
        if (command.term !== term) return "deposed";
        for (const ref of command.leases) if (this.#isSame(ref)) this.#note(ref);
        return undefined;
      case "put": {
        const { lease } = command;
        const held = this.#leases.get(lease);
        if (lease !== 0n && held === undefined) return "lease-not-found";
        const key = textOf(command.key);
        this.#leases.get(this.#keys.get(key) ?? 0n)?.keys.delete(key);
        this.#keys.set(key, lease);
        held?.keys.add(key);
        this.#revision++;
        return undefined;
      }
    }
  }

  /** A lease goes, and its keys with it, in one revision. */
  #end(id: bigint): boolean {
    const held = this.#leases.get(id);
    if (held === undefined) return false;
    const keys = [...held.keys].sort(ascending);
    for (const key of keys) this.#keys.delete(key);
    this.#leases.delete(id);
    if (keys.length > 0) this.#revision++;
    this.#gone.push({ lease: held.lease, keys });
    return true;
  }

  #note({ lease: id, remaining }: LeaseRef & { readonly remaining: number }): void {
    const { lease, keys } = this.#leases.get(id) as Held;
    this.#leases.set(id, { lease: { ...lease, remaining }, keys });
  }

  #isSame({ lease, grantedAt }: LeaseRef): boolean {
    return this.#leases.get(lease)?.lease.grantedAt === grantedAt;
  }

  #shown(): string {
    return shown(Array.from(this.#leases.values(), ({ lease, keys }) => [lease, [...keys]] as const));
  }
}

function isOfLeases(command: PlainCommand): command is LeaseCommand | PutOperation {
  return command.type === "put" || command.type.startsWith("lease-");
}

/** What a store answered, in the form of `LeaseOutcome`. */
export function answerOf(result: CommandResult): string {
  return `${result.ok ? result.result.type : result.refusal} ${result.revision}`;
}

/** The leases of one state with their keys, as text: the same for the same. */
export function shownLeases(leases: LeaseView): string {
  return shown(
    Array.from(leases.all(), (lease) => [lease, Array.from(leases.keysOf(lease.id), (key) => textOf(key))] as const),
  );
}

/** A key of bytes, for people. */
export function textOf(key: Uint8Array): string {
  return String.fromCharCode(...key);
}

function shown(leases: readonly (readonly [lease: Lease, keys: readonly string[]])[]): string {
  return leases
    .map(([{ id, ttl, remaining, grantedAt }, keys]) => {
      const named = [...keys].sort(ascending).join(",");
      return `${id} of ${ttl} s, ${remaining} left, granted at ${grantedAt}, keys ${named || "none"}`;
    })
    .sort(ascending)
    .join("; ");
}

function ascending(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
