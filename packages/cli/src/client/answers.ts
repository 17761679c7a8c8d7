/** What the server's answers say, as plain data. Revisions and indexes are integers below 2^53. */
export interface KeyValueRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: bigint;
}

export interface RangeAnswer {
  /** The store's newest revision. */
  readonly revision: number;
  readonly records: readonly KeyValueRecord[];
  /** There are more records than the limit let through. */
  readonly more: boolean;
  readonly count: number;
}

export interface PutAnswer {
  readonly revision: number;
}

export interface DeleteAnswer {
  readonly revision: number;
  readonly deleted: number;
}

/** Member ids are unsigned 64-bit in etcd's API. */
export interface MemberAnswer {
  readonly id: bigint;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export interface StatusAnswer {
  readonly memberId: bigint;
  /** 0n when unknown. */
  readonly leader: bigint;
  readonly version: string;
  readonly term: number;
  readonly index: number;
  readonly appliedIndex: number;
  readonly revision: number;
  readonly databaseBytes: number;
  readonly isLearner: boolean;
  readonly errors: readonly string[];
}
