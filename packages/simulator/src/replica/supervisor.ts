import type { MemberId } from "@quorate/raft";
import { ForgottenStartError } from "@quorate/replica";
import type { CrashKind, Drive } from "../drive.ts";
import { SafetyViolation } from "../observation.ts";
import type { RandomStream } from "../random-streams.ts";
import type { MemberDisk } from "./member-disk.ts";
import { isDamagedState, isFull, isOfDisk, leavesNothing, throwViolationIn } from "./member-errors.ts";
import type { ReplicaSurroundings } from "./replica-member-options.ts";

/** A member whose process somebody looks after. */
export interface Supervised {
  readonly id: MemberId;
  readonly drive: Drive;
  readonly disk: MemberDisk;
  readonly isUp: boolean;
  /** Its disk was wiped, or is an older copy. */
  readonly isLost: boolean;
  start(): void;
  crash(kind: CrashKind): void;
}

/** What a supervisor and an operator make of a process that stops by itself, or that does not come up. */
export class Supervisor {
  readonly #member: Supervised;
  readonly #around: ReplicaSurroundings;
  readonly #restarts: RandomStream;
  readonly #meanRestartMs: number;
  /** What its disk had done wrong when it was started. */
  #diskErrorsAtStart = 0;
  #isBeyondRepair = false;

  constructor(member: Supervised, around: ReplicaSurroundings, meanRestartMs: number) {
    this.#member = member;
    this.#around = around;
    this.#meanRestartMs = meanRestartMs;
    this.#restarts = around.world.streams.stream(`restarts of member ${member.id}`);
  }

  /** Its disk holds nothing that it could start from: an operator would put another member in its place. */
  get isBeyondRepair(): boolean {
    return this.#isBeyondRepair;
  }

  starting(): void {
    this.#diskErrorsAtStart = this.#member.drive.errors;
  }

  /** It did not come up. @throws SafetyViolation where nothing excuses that */
  startFailed(error: Error, what: string): void {
    // Errors of the simulation itself come by this way too, wrapped by whoever opens.
    throwViolationIn(error);
    const { record, atlas } = this.#around;
    if (this.#mayStopFor(error)) {
      record.marks.reach("start failed for its disk");
      return this.#startAgain(error);
    }
    const isDamaged = atlas.damaged.has(this.#member.id);
    if ((isDamaged || this.#member.disk.isStateDamaged) && isDamagedState(error)) return this.#discardState(error);
    if (!isDamaged || !leavesNothing(error)) throw this.broken(`${what}: ${error.message}`);
    this.#isToBeReplaced(error);
  }

  /** It ran, and stopped by itself. @throws SafetyViolation where nothing excuses that */
  stopped(fatal: Error): void {
    // The live loop stops the member for any error, those of the checkers included.
    throwViolationIn(fatal);
    const { marks } = this.#around.record;
    if (fatal instanceof ForgottenStartError && this.#member.isLost) {
      marks.reach("forgotten start noticed");
      return this.#isToBeReplaced(fatal);
    }
    if (this.#member.disk.isStateDamaged && isDamagedState(fatal)) return this.#discardState(fatal);
    if (!this.#mayStopFor(fatal)) throw this.broken(`stopped by itself: ${fatal.message}`);
    marks.reach("disk error stopped a member");
    this.#startAgain(fatal);
  }

  broken(what: string): SafetyViolation {
    return new SafetyViolation("member", `member ${this.#member.id} ${what}`);
  }

  /** What an operator, or `serve`, does: an empty state takes all that the log has. */
  #discardState(error: Error): void {
    this.#member.disk.wipe("state");
    this.#around.record.marks.reach("state made anew");
    this.#startAgain(error);
  }

  #isToBeReplaced(error: Error): void {
    this.#around.world.note(`${this.#member.id}`, () => `is beyond repair: ${error.message}`);
    this.#isBeyondRepair = true;
    this.#member.crash("kill");
  }

  /** A member stops for an error of its disk, and for nothing else (DESIGN §4: never go on after a failed write). */
  #mayStopFor(error: Error): boolean {
    const hasFailed = this.#member.drive.errors > this.#diskErrorsAtStart;
    return hasFailed && isOfDisk(error);
  }

  /** The process ends, and another one is started a little later. */
  #startAgain(error: Error): void {
    const { world, record } = this.#around;
    const member = this.#member;
    if (isFull(error)) record.marks.reach("disk full");
    world.note(`${member.id}`, () => `is stopped by its disk: ${error.message}`);
    member.crash("kill");
    const restart = (): void => {
      if (!member.isUp && !this.#isBeyondRepair) member.start();
    };
    world.schedule(this.#restarts.exponential(this.#meanRestartMs), "fault", world.outside, restart, undefined);
  }
}
