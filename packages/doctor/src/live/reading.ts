/** One sample of a metric, as Prometheus has it. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What one member said of itself at one time. */
export interface MemberReading {
  /** In hexadecimal, as the cluster lists it. */
  readonly id: string;
  readonly name: string;
  /** Where it was asked. */
  readonly endpoint: string;
  readonly isVoter: boolean;
  /** Why it did not answer. */
  readonly problem: string | undefined;
  /** Its answer to Status; undefined where it gave none. */
  readonly status: MemberStatusReading | undefined;
  /** By name; empty where there are none. */
  readonly metrics: ReadonlyMap<string, readonly MetricSample[]>;
}

export interface MemberStatusReading {
  /** In hexadecimal; "0" for unknown. */
  readonly clusterId: string;
  readonly leader: string;
  readonly term: number;
  readonly index: number;
  /** 0 where it does not say. */
  readonly appliedIndex: number;
  readonly databaseBytes: number;
  /** 0 where it does not say. */
  readonly databaseBytesInUse: number;
  readonly version: string;
  /** What it complains of: alarms, for one. */
  readonly errors: readonly string[];
}

/** All members at one time. */
export interface ClusterReading {
  /** In ms, of any clock. */
  readonly atMs: number;
  readonly members: readonly MemberReading[];
  /** A change of the configuration is under way; undefined where the cluster has no words for that. */
  readonly isJoint: boolean | undefined;
}
