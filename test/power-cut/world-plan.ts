/** What is recorded. */
export interface WorldPlan {
  readonly seed: number;
  readonly members: number;
  readonly electionTimeoutMs: number;
  readonly writersEach: number;
  /** Answered in each phase of the recording: before, between and after restarts. */
  readonly requests: number;
  readonly restarts: number;
  /** Changes of the program, by their names in `program-changes.ts`. */
  readonly changes: readonly string[];
}

/** What the members were started with: they must be started again with the same. */
export interface MemberIdentity {
  readonly name: string;
  readonly initialCluster: string;
  readonly token: string;
  readonly electionTimeoutMs: number;
}

export interface WorldDescription {
  /** That holds the members' data directories, each under its member's name. */
  readonly folder: string;
  readonly seed: number;
  readonly members: readonly MemberIdentity[];
}
