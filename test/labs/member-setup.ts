import type { MemberAddress } from "@quorate/raft";

/** What `member-program.ts` is told. */
export interface MemberSetup {
  readonly name: string;
  readonly dataDir: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly token: string;
  readonly electionTimeoutMs: number;
  /** Of a new cluster. */
  readonly initialCluster: readonly { readonly name: string; readonly peerUrls: readonly string[] }[];
  readonly keepLogBytes: number;
  readonly logSegmentBytes: number;
  readonly transferBytesPerSecond: number;
  /** Who it is in a cluster that runs already; not needed again after the first start. */
  readonly joining?: {
    readonly clusterId: number;
    readonly memberId: number;
    readonly members: readonly MemberAddress[];
    readonly voters: readonly number[];
  };
}
