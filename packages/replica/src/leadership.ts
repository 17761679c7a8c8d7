import type { TransferEndedEffect } from "@quorate/raft";
import { HealthLog, type HealthLogParts } from "./health-log.ts";
import { LeaderHealth, type LeaderHealthParts } from "./leader-health.ts";
import { LeaveTaking, type LeaveTakingParts } from "./leave-taking.ts";
import { PreferredLeader, type PreferredLeaderParts } from "./preferred-leader.ts";

/** What moves the leadership though nobody has failed: a stop, slowness, a preference. */
export class Leadership {
  readonly leaveTaking: LeaveTaking;
  readonly health: LeaderHealth;
  readonly healthLog: HealthLog;
  readonly #preferred: PreferredLeader;

  constructor(parts: LeaveTakingParts & Omit<LeaderHealthParts, "healthLog"> & HealthLogParts & PreferredLeaderParts) {
    this.healthLog = new HealthLog(parts);
    this.leaveTaking = new LeaveTaking(parts);
    this.health = new LeaderHealth({ ...parts, healthLog: this.healthLog });
    this.#preferred = new PreferredLeader(parts);
  }

  transferEnded(effect: TransferEndedEffect): void {
    this.leaveTaking.transferEnded(effect);
  }

  stop(): void {
    this.leaveTaking.cancel();
    this.health.stop();
    this.#preferred.stop();
  }
}
