import type { Effect, LogBase, PersistEffect } from "./effects.ts";
import type { Entry } from "./entry.ts";
import type { Message } from "./message.ts";
import type { Rules } from "./rules.ts";
import type { HardState, LogIndex, LogPosition, MemberId, Term, TimeMs } from "./types.ts";
import { Unstored } from "./unstored.ts";

interface Promised {
  readonly sequence: number;
  readonly term: Term;
  readonly to: MemberId;
  readonly message: Message;
}

/** What the next persist effect will hold. */
interface Stage {
  truncateFrom: LogIndex | undefined;
  readonly entries: Entry[];
  hardState: HardState | undefined;
  base?: LogBase;
}

/**
 * What leaves the core. Messages that promise something wait here until the disk has it ("durable before it is spoken",
 * rules.ts: mayPromise), each behind the persist effect that it depends on and no other: a heartbeat's answer depends on
 * the term alone and never waits for entries.
 */
export class Outbox {
  readonly #unstored = new Unstored();
  readonly #mayPromise: Rules["mayPromise"];
  #effects: Effect[] = [];
  #stage: Stage | undefined;
  #issued = 0;
  #durable = 0;
  /** The persist effect that carries the present term and vote. */
  #termSequence = 0;
  /** The persist effect that carries the newest base. */
  #baseSequence = 0;
  #promised: Promised[] = [];
  /** Truncations handed to the disk and not yet done there: completions before them count no further. */
  #truncations: { readonly sequence: number; readonly from: LogIndex }[] = [];

  constructor(mayPromise: Rules["mayPromise"]) {
    this.#mayPromise = mayPromise;
  }

  /** The persist effect that will hold everything staged so far. */
  get sequence(): number {
    return this.#stage === undefined ? this.#issued : this.#issued + 1;
  }

  get termSequence(): number {
    return this.#termSequence;
  }

  /** The persist effect behind which a promise waits that rests on the term, and on what was durable in the log before. */
  get heldSequence(): number {
    return Math.max(this.#termSequence, this.#baseSequence);
  }

  isDurable(sequence: number): boolean {
    return this.#mayPromise(sequence, this.#durable);
  }

  effect(effect: Effect): void {
    this.#effects.push(effect);
  }

  send(to: MemberId, message: Message): void {
    this.#effects.push({ type: "send", to, message });
  }

  /** Sends `message` once the persist effect `sequence` is durable; never if the term has moved on by then. */
  promise(sequence: number, term: Term, to: MemberId, message: Message): void {
    if (this.isDurable(sequence)) return this.send(to, message);
    // A stalled disk must not gather one answer for each repetition of an append: the furthest says it all.
    const last = this.#promised.at(-1);
    if (last?.message.type === "append-accepted" && message.type === "append-accepted") {
      if (last.sequence === sequence && last.term === term && last.to === to) {
        if (last.message.match < message.match) this.#promised[this.#promised.length - 1] = { ...last, message };
        return;
      }
    }
    this.#promised.push({ sequence, term, to, message });
  }

  stageEntries(entries: readonly Entry[]): void {
    const staged = this.#staged().entries;
    for (const entry of entries) staged.push(entry);
  }

  stageTruncation(from: LogIndex): void {
    if (this.#stage !== undefined && this.#stage.entries.length > 0) this.#issueStage();
    const stage = this.#staged();
    stage.truncateFrom = Math.min(from, stage.truncateFrom ?? from);
    this.#truncations.push({ sequence: this.sequence, from });
  }

  /** A state was installed. @param begunAnew nothing that was handed to the disk before belongs to the log any more */
  stageBase(base: LogBase, begunAnew: boolean): void {
    if (this.#stage !== undefined && this.#stage.entries.length > 0) this.#issueStage();
    this.#staged().base = base;
    this.#baseSequence = this.sequence;
    if (begunAnew) this.#truncations.push({ sequence: this.sequence, from: 0 });
  }

  stageHardState(hardState: HardState, termOrVoteChanged: boolean): void {
    this.#staged().hardState = hardState;
    if (termOrVoteChanged) this.#termSequence = this.sequence;
  }

  /**
   * Everything up to `sequence` is durable. Returns how far our own log is, no further than what a truncation on its way
   * to the disk leaves (pitfalls B44, B45): the caller checks the term at that index.
   */
  stored(sequence: number, last: LogPosition, term: Term): LogPosition | undefined {
    if (sequence <= this.#durable) return undefined;
    this.#durable = sequence;
    this.#unstored.stored(sequence);
    while (this.#truncations.length > 0 && (this.#truncations[0] as { sequence: number }).sequence <= sequence) {
      this.#truncations.shift();
    }
    this.#release(term);
    const cut = Math.min(...this.#truncations.map((truncation) => truncation.from));
    return last.index < cut ? last : undefined;
  }

  get hasStagedEntries(): boolean {
    return this.#stage !== undefined && this.#stage.entries.length > 0;
  }

  get issued(): number {
    return this.#issued;
  }

  /** When the oldest persist effect was handed over that is not durable yet; undefined when all are. */
  get oldestUnstoredAt(): TimeMs | undefined {
    return this.#unstored.oldestAt;
  }

  /** Hands over everything, what is to be made durable first, so that the disk starts before the network. */
  take(now: TimeMs): Effect[] {
    this.#issueStage();
    this.#unstored.issued(this.#issued, now);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #staged(): Stage {
    this.#stage ??= { truncateFrom: undefined, entries: [], hardState: undefined };
    return this.#stage;
  }

  #issueStage(): void {
    const stage = this.#stage;
    if (stage === undefined) return;
    this.#stage = undefined;
    this.#issued++;
    const persist: PersistEffect = { type: "persist", sequence: this.#issued, ...stage };
    const firstOther = this.#effects.findIndex((effect) => effect.type !== "persist");
    if (firstOther === -1) this.#effects.push(persist);
    else this.#effects.splice(firstOther, 0, persist);
  }

  #release(term: Term): void {
    let released = 0;
    const waiting = this.#promised;
    const kept: Promised[] = [];
    for (const promised of waiting) {
      if (!this.isDurable(promised.sequence)) {
        kept.push(promised);
        continue;
      }
      released++;
      if (promised.term === term) this.send(promised.to, promised.message);
    }
    if (released > 0) this.#promised = kept;
  }
}
