/** The options of `quorate plan`, as they are read. */
export interface PlanFlags {
  readonly members?: number;
  readonly zones?: string;
  readonly learners?: number;
  readonly quorum?: number;
  readonly to?: number;
  readonly stay?: number;
  readonly rtt?: string;
  readonly fsync?: string;
  readonly leader?: string;
  readonly availability?: string;
  readonly zoneAvailability?: string;
  readonly linkFailure?: string;
  readonly electionTimeout?: number;
  readonly window?: number;
  readonly cluster?: string | true;
  readonly timeout: number;
  readonly json?: boolean;
  readonly svg?: string;
}
