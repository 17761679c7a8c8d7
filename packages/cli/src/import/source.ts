import type { KeyValue, Permission } from "@quorate/etcd/api";

/** What is imported: the contents of an etcd at one revision. */
export interface Source {
  /** For people: where it is. */
  readonly name: string;
  readonly revision: number;
  /** How many keys there are; with leases that ended meanwhile, fewer arrive. */
  readonly keyCount: number;
  /** Pages of at most a few MiB, unless one record is larger; each key once, in any order. */
  records(): AsyncIterable<readonly KeyValue[]>;
  leases(): Promise<readonly SourceLease[]>;
  auth(): Promise<SourceAuth>;
  close(): Promise<void>;
}

export interface SourceLease {
  readonly id: bigint;
  /** As it was granted: the copy lives so long from the import on. */
  readonly seconds: bigint;
}

export interface SourceAuth {
  readonly users: readonly SourceUser[];
  readonly roles: readonly { readonly name: string; readonly permissions: readonly Permission[] }[];
  /** Undefined where the source cannot say. */
  readonly isEnabled: boolean | undefined;
}

export interface SourceUser {
  readonly name: string;
  readonly roles: readonly string[];
  /** Known by a certificate alone. Undefined where the source cannot say. */
  readonly hasNoPassword: boolean | undefined;
  /** The bcrypt hash; undefined where the source does not show it. */
  readonly passwordHash: Uint8Array | undefined;
}
