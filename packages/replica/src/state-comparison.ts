import type { HostError, Logger, TimerHandle, Timers, Clock } from "@quorate/host";
import { describeMember, type LogIndex, type MemberId } from "@quorate/raft";
import {
  encodeDigestQuestion,
  encodeDigestReport,
  maxDigestBytes,
  type DigestOutcome,
  type DigestQuestion,
  type DigestReport,
  type DigestRound,
} from "./digest-codec.ts";
import { judge, type DigestEntry } from "./digest-table.ts";
import { StateDamagedError, stateFailure } from "./errors.ts";
import type { StateComparisonStatus } from "./interface.ts";
import type { StateMachine } from "./state-machine.ts";

/** What comparisons need from the rest of the member. */
export interface StateComparisonParts {
  readonly machine: Pick<StateMachine<unknown>, "digest" | "digestPoint">;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly logger: Logger;
  readonly memberId: MemberId;
  readonly incarnation: number;
  /** Between two comparisons that this member begins as the leader, in ms; 0 for none. */
  readonly intervalMs: number;
  /** Everybody in the configuration, this member included. */
  readonly members: () => readonly MemberId[];
  readonly isLeader: () => boolean;
  readonly appliedIndex: () => LogIndex;
  /** Whether commands are with the state machine at this moment. */
  readonly isApplying: () => boolean;
  /** The incarnation of a member that is connected; undefined for others. */
  readonly incarnationOf: (member: MemberId) => number | undefined;
  readonly send: (to: MemberId, message: Uint8Array) => void;
  readonly failed: (error: Error) => void;
}

/** A point in the state's history, and what must be applied before a digest is taken there. */
interface Place {
  readonly point: Uint8Array;
  readonly index: LogIndex;
}

interface Round {
  readonly about: DigestRound;
  /** Rising, in the order in which this member heard of them. */
  readonly order: number;
  readonly entries: Map<MemberId, DigestEntry>;
  /** Known to those that were asked. */
  place: Place | undefined;
  /** What was said about it already. */
  readonly told: Set<MemberId>;
  isJudged: boolean;
  /** Until it is over for those that are silent. */
  silence: TimerHandle | undefined;
}

/** A digest to be taken as soon as this member has applied enough, and stands between two applies. */
interface Task {
  readonly round: Round;
  /** Undefined to choose one now. */
  readonly place: Place | undefined;
  /** Whether the others are to be asked for the same. */
  readonly isAsking: boolean;
  readonly timer: TimerHandle;
}

/** How long a member that is asked may take to have applied what the asker had, in ms. */
const patienceMs = 10_000;
/** When digests that differ without a majority are spoken of though some member is silent, in ms. */
const silenceMs = 30_000;
/** A member that differs asks again after this long, and so often. */
const confirmMs = 1000;
const confirmTries = 5;
const confirmRetryMs = 10_000;
/** Comparisons take at most this part of the time. */
const dutyCycle = 1 / 20;
/** Late reports still find their comparison; older ones are forgotten. */
const maxRounds = 4;

/**
 * Finds members whose state differs. One asks all (the leader, now and then); each takes the digest of its own state at the
 * same point and tells everybody; so each can judge for itself, by the same table. A member that differs from what more than
 * half of all members have says so, asks once more, and stops when it differs again.
 *
 * Nothing of Raft rests on this: the messages may be lost, late or repeated, and then there is no verdict.
 */
export class StateComparison {
  readonly #parts: StateComparisonParts;
  readonly #rounds: Round[] = [];
  #task: Task | undefined;
  #isDigesting = false;
  #stopped = false;
  #timer: TimerHandle | undefined;
  #confirmTimer: TimerHandle | undefined;
  #lastRound = 0;
  #opened = 0;
  /** The newest comparison that had a verdict: what is said late about older ones changes nothing. */
  #decided = 0;
  /** How long the last digest took, in ms. */
  #tookMs = 0;
  #agreements = 0;
  #agreed:
    | { readonly index: LogIndex; readonly incarnations: ReadonlyMap<MemberId, number>; readonly at: number }
    | undefined;
  #differing: readonly MemberId[] = [];
  #isUndecided = false;
  /** Comparisons in a row in which this member differed. */
  #differences = 0;
  #confirmTries = 0;

  constructor(parts: StateComparisonParts) {
    this.#parts = parts;
    if (parts.intervalMs > 0 && this.#isSupported) this.#arm();
  }

  get status(): StateComparisonStatus {
    const { clock } = this.#parts;
    return {
      isSupported: this.#isSupported,
      agreements: this.#agreements,
      agreedIndex: this.#agreed?.index,
      agreedMsAgo: this.#agreed === undefined ? undefined : clock.monotonicMs() - this.#agreed.at,
      differing: this.#differing,
      isUndecided: this.#isUndecided,
    };
  }

  /** Begins a comparison now. Nothing happens while a digest is being taken here, or when there is nobody to compare with. */
  begin(place?: Place): void {
    const { members, memberId, incarnation } = this.#parts;
    if (!this.#isSupported || this.#stopped || this.#isBusy || members().length < 2) return;
    this.#wait(this.#open({ asker: memberId, incarnation, round: ++this.#lastRound }), place, true);
  }

  /** Another member asks. */
  asked(from: MemberId, incarnation: number, { round: number, index, point }: DigestQuestion): void {
    if (this.#stopped || !this.#parts.members().includes(from)) return;
    const round = this.#open({ asker: from, incarnation, round: number });
    if (round.entries.has(this.#parts.memberId)) return;
    round.place = { point, index };
    if (!this.#isSupported) return this.#report(round, "unavailable");
    if (this.#isBusy) return this.#report(round, "busy");
    this.#wait(round, round.place, false);
  }

  /** Another member says what it found. */
  reported(from: MemberId, incarnation: number, report: DigestReport): void {
    if (this.#stopped || !this.#parts.members().includes(from)) return;
    const round = this.#open(report.about);
    if (round.entries.has(from)) return;
    round.entries.set(from, { incarnation, outcome: report.outcome, digest: hexOf(report.digest) });
    this.#judge(round, false);
  }

  /** Called after each apply, before the next one. */
  applied(): void {
    if (this.#task !== undefined) this.#try(this.#task);
  }

  stop(): void {
    this.#stopped = true;
    const { timers } = this.#parts;
    const silences = this.#rounds.map(({ silence }) => silence);
    for (const timer of [this.#timer, this.#confirmTimer, this.#task?.timer, ...silences]) {
      if (timer !== undefined) timers.cancel(timer);
    }
    this.#task = undefined;
  }

  get #isSupported(): boolean {
    const { machine } = this.#parts;
    return machine.digest !== undefined && machine.digestPoint !== undefined;
  }

  get #isBusy(): boolean {
    return this.#task !== undefined || this.#isDigesting;
  }

  // When.

  #arm(): void {
    const { timers, intervalMs, random } = this.#parts;
    const leastMs = this.#tookMs / dutyCycle;
    this.#timer = timers.after(Math.max(intervalMs * (0.9 + 0.2 * random()), leastMs), () => {
      if (this.#stopped) return;
      if (this.#parts.isLeader() && !this.#isUnchanged()) this.begin();
      this.#arm();
    });
  }

  /** Nothing was applied and nobody was restarted since all agreed: what lies on a disk is the scrub's to read. */
  #isUnchanged(): boolean {
    const agreed = this.#agreed;
    const { appliedIndex, incarnationOf, members, memberId } = this.#parts;
    if (agreed === undefined || agreed.index !== appliedIndex()) return false;
    return members().every((member) => {
      const known = agreed.incarnations.get(member);
      return member === memberId || (known !== undefined && known === (incarnationOf(member) ?? known));
    });
  }

  // The digest.

  #wait(round: Round, place: Place | undefined, isAsking: boolean): void {
    const timer = this.#parts.timers.after(patienceMs, () => {
      if (this.#task?.round !== round || this.#stopped) return;
      this.#task = undefined;
      this.#report(round, "behind");
    });
    const task = { round, place, isAsking, timer };
    this.#task = task;
    if (!this.#parts.isApplying()) this.#try(task);
  }

  /**
   * Between two applies. The point is chosen together with the applied index, and digests are taken only where that much is
   * applied: so everybody has reached the point, unless its state is not what the same commands made elsewhere.
   */
  #try({ round, place: given, isAsking, timer }: Task): void {
    const { machine, timers, appliedIndex, members, memberId } = this.#parts;
    if (given !== undefined && appliedIndex() < given.index) return;
    this.#task = undefined;
    timers.cancel(timer);
    const place = given ?? { point: machine.digestPoint?.() as Uint8Array, index: appliedIndex() };
    round.place = place;
    if (isAsking) {
      const question = encodeDigestQuestion({ round: round.about.round, ...place });
      for (const member of members()) if (member !== memberId) this.#parts.send(member, question);
    }
    this.#digest(round, place.point);
  }

  #digest(round: Round, point: Uint8Array): void {
    const { machine, clock } = this.#parts;
    const began = clock.monotonicMs();
    this.#isDigesting = true;
    machine.digest?.(point, (error: HostError | undefined, digest) => {
      this.#isDigesting = false;
      this.#tookMs = clock.monotonicMs() - began;
      if (this.#stopped) return;
      if (error !== undefined) {
        this.#report(round, "unavailable");
        const failure = stateFailure(error);
        if (failure instanceof StateDamagedError) return this.#parts.failed(failure);
        this.#parts.logger.warn(`the digest of the state could not be taken: ${error.message}`);
        return;
      }
      if (digest === undefined || digest.length === 0 || digest.length > maxDigestBytes) {
        return this.#report(round, "unavailable");
      }
      this.#report(round, "digest", digest);
    });
  }

  /** Tells everybody what came of it here. */
  #report(round: Round, outcome: DigestOutcome, digest: Uint8Array = new Uint8Array(0)): void {
    const { members, memberId, incarnation } = this.#parts;
    const message = encodeDigestReport({ about: round.about, outcome, digest });
    for (const member of members()) if (member !== memberId) this.#parts.send(member, message);
    round.entries.set(memberId, { incarnation, outcome, digest: hexOf(digest) });
    this.#judge(round, false);
  }

  // The verdict.

  #open(about: DigestRound): Round {
    const known = this.#rounds.find(
      ({ about: { asker, incarnation, round } }) =>
        asker === about.asker && incarnation === about.incarnation && round === about.round,
    );
    if (known !== undefined) return known;
    const { timers } = this.#parts;
    const round: Round = {
      about,
      order: ++this.#opened,
      entries: new Map(),
      place: undefined,
      told: new Set(),
      isJudged: false,
      silence: undefined,
    };
    round.silence = timers.after(silenceMs, () => {
      round.silence = undefined;
      if (!this.#stopped) this.#judge(round, true);
    });
    this.#rounds.push(round);
    const forgotten = this.#rounds.length > maxRounds ? this.#rounds.shift() : undefined;
    if (forgotten?.silence !== undefined) timers.cancel(forgotten.silence);
    return round;
  }

  #judge(round: Round, isOver: boolean): void {
    if (round.order < this.#decided) return;
    const { members, memberId, logger } = this.#parts;
    const everybody = members();
    const verdict = judge(everybody, round.entries);
    if (verdict.isAgreed) return this.#agree(round);
    const isFinal = verdict.isComplete || isOver;
    if (verdict.isUndecided && isFinal && !round.isJudged) {
      round.isJudged = true;
      this.#isUndecided = true;
      logger.error(
        `the states of the members differ, and no state has a majority: nobody can tell which is right (${this.#table(round)}). ` +
          "Compare them with a copy, and remove the members that are wrong",
      );
    }
    if (verdict.majority === undefined) return;
    this.#decided = round.order;
    this.#isUndecided = false;
    if (isFinal || verdict.differing.length > 0) this.#differing = verdict.differing;
    for (const member of verdict.differing) {
      if (round.told.has(member)) continue;
      round.told.add(member);
      if (member === memberId) this.#differ(round);
      else
        logger.error(
          `the state of member ${describeMember(member)} differs from the majority's (${this.#table(round)})`,
        );
    }
    if (round.entries.get(memberId)?.digest === verdict.majority) this.#acquit();
  }

  #agree(round: Round): void {
    const { clock, logger } = this.#parts;
    if (round.isJudged) return;
    round.isJudged = true;
    this.#decided = round.order;
    this.#agreements++;
    this.#differing = [];
    this.#isUndecided = false;
    this.#acquit();
    if (round.place !== undefined) {
      const incarnations = new Map([...round.entries].map(([member, { incarnation }]) => [member, incarnation]));
      this.#agreed = { index: round.place.index, incarnations, at: clock.monotonicMs() };
    }
    logger.debug("the states of all members are equal", { members: round.entries.size, index: round.place?.index });
  }

  #acquit(): void {
    this.#differences = 0;
    this.#confirmTries = 0;
    if (this.#confirmTimer !== undefined) this.#parts.timers.cancel(this.#confirmTimer);
    this.#confirmTimer = undefined;
  }

  /** This member's own state is not the majority's. One digest may be wrong by itself: the second one decides. */
  #differ(round: Round): void {
    const { logger, failed } = this.#parts;
    this.#differences++;
    const what = `the state of this member differs from the majority's (${this.#table(round)})`;
    if (this.#differences >= 2) {
      return failed(new StateDamagedError(`${what}, for the second time: it must be discarded and rebuilt`));
    }
    logger.error(`${what}: comparing once more`);
    this.#confirmIn(confirmMs, round.place);
  }

  /** At the same point: what this member would choose itself may lie before the place where it differs. */
  #confirmIn(delayMs: number, place: Place | undefined): void {
    this.#confirmTimer ??= this.#parts.timers.after(delayMs, () => {
      this.#confirmTimer = undefined;
      if (this.#stopped || this.#differences === 0 || ++this.#confirmTries > confirmTries) return;
      this.begin(place);
      this.#confirmIn(confirmRetryMs, place);
    });
  }

  #table({ entries, place }: Round): string {
    const said = [...entries].map(([member, { outcome, digest }]) => {
      return `member ${describeMember(member)}: ${outcome === "digest" ? digest : outcome}`;
    });
    return `after index ${place?.index ?? "unknown"}: ${said.join(", ")}`;
  }
}

function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
