import type { Clock, Logger, TimerHandle, Timers } from "@quorate/host";
import {
  describeMember,
  describePosition,
  firstWireId,
  type LogIndex,
  type LogPosition,
  type MemberId,
  type PlacedConfiguration,
  type Term,
  type TimeMs,
} from "@quorate/raft";
import type { StateSource, StateTransfer } from "../state-transfer.ts";
import { Throttle } from "./throttle.ts";
import type { ReceiverMessage, TransferMessage } from "./transfer-codec.ts";

/** What sending states needs from the rest of the member. */
export interface StateSenderParts {
  /** Undefined where the state machine cannot give its state away. */
  readonly transfer: StateTransfer | undefined;
  /** Whether this member needs a state itself. */
  readonly isInNeed: () => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly incarnation: number;
  /** At most so many bytes of state in a second. */
  readonly bytesPerSecond: number;
  /** How long a receiver may say nothing before it is given up, in ms. */
  readonly silenceMs: () => number;
  /** In force at an applied index. */
  readonly configurationAt: (index: LogIndex) => PlacedConfiguration | undefined;
  /** In which this member leads. */
  readonly term: () => Term;
  /** What is applied is wanted in a checkpoint, soon: there is none that could be sent. */
  readonly checkpoint: () => void;
  /** False when it was dropped. */
  readonly send: (to: MemberId, message: TransferMessage) => boolean;
  /** A session ended: the receiver holds everything up to the position, or (undefined) it does not. */
  readonly ended: (to: MemberId, position: LogPosition | undefined) => void;
}

/** What was sent since this start. */
export interface SentStates {
  readonly whole: number;
  readonly increments: number;
  readonly failed: number;
  readonly bytes: number;
}

/** A transfer on its way, for people and metrics. */
export interface SendingState {
  readonly to: MemberId;
  readonly isIncrement: boolean;
  readonly sentBytes: number;
  /** An estimate. */
  readonly totalBytes: number;
}

interface Session {
  readonly to: MemberId;
  readonly number: number;
  readonly startedAt: TimeMs;
  phase: "asking" | "opening" | "offered" | "sending" | "ending";
  source: StateSource | undefined;
  /** Read from the source and not sent yet. */
  chunk: Uint8Array | undefined;
  isReading: boolean;
  sent: number;
  taken: number;
  sentBytes: number;
}

/** Chunks that are on their way without an answer: bounds the memory at both ends. */
const windowChunks = 8;
/** When a chunk that the link had no room for is tried again, in ms. */
const retryMs = 10;

/**
 * Sends this member's state to those that the core names, one at a time. A session: ask what the receiver holds, open a view
 * of the state (only what it lacks, where that is possible), offer it, and stream it in chunks, a bounded number ahead of the
 * receiver's answers. Between two chunks the host delivers what waits, so heartbeats and writes go on.
 *
 * Nothing of Raft rests on a session: whatever ends it, the receiver holds its old state or the new one, and says which in
 * its answers to appends.
 */
export class StateSender {
  readonly #parts: StateSenderParts;
  readonly #throttle: Throttle;
  readonly #wanted: MemberId[] = [];
  #session: Session | undefined;
  #lastNumber: number;
  #silence: TimerHandle | undefined;
  #pause: TimerHandle | undefined;
  #isPumping = false;
  #isStopped = false;
  #totals: SentStates = { whole: 0, increments: 0, failed: 0, bytes: 0 };

  constructor(parts: StateSenderParts) {
    this.#parts = parts;
    this.#throttle = new Throttle(parts.clock, parts.bytesPerSecond);
    this.#lastNumber = firstWireId(parts.incarnation);
  }

  get totals(): SentStates {
    return this.#totals;
  }

  get sending(): SendingState | undefined {
    const session = this.#session;
    if (session?.source === undefined) return undefined;
    const { isIncrement, totalBytes } = session.source;
    return { to: session.to, isIncrement, sentBytes: session.sentBytes, totalBytes };
  }

  /** As of where the state is that is being sent. */
  get position(): LogPosition | undefined {
    return this.#session?.source?.position;
  }

  /** The core wants `to` to have the state, or `to` itself does. */
  want(to: MemberId): void {
    if (this.#isStopped || this.#session?.to === to || this.#wanted.includes(to)) return;
    // The core asks again in time; a member that asked for itself does so too.
    if (this.#parts.isInNeed()) return this.#parts.ended(to, undefined);
    this.#wanted.push(to);
    this.#next();
  }

  /** The core no longer does. */
  unwanted(to: MemberId): void {
    const at = this.#wanted.indexOf(to);
    if (at >= 0) this.#wanted.splice(at, 1);
    // One that has everything is about to say so: its acknowledgment to the core may come first.
    if (this.#session?.to !== to || this.#session.phase === "ending") return;
    this.#parts.send(to, { type: "cancelled", session: this.#session.number, reason: "the state is no longer needed" });
    this.#drop("it is no longer needed");
    this.#next();
  }

  disconnected(peer: MemberId): void {
    if (this.#session?.to === peer) this.#fail("the connection broke");
  }

  received(from: MemberId, message: ReceiverMessage): void {
    if (message.type === "wish") return this.want(from);
    const session = this.#session;
    if (session === undefined || session.to !== from || session.number !== message.session) return;
    this.#listen();
    switch (message.type) {
      case "point":
        return session.phase === "asking" ? this.#open(session, message.point) : undefined;
      case "ready":
        return session.phase === "offered" ? this.#begin(session, message.token) : undefined;
      case "taken":
        if (message.number > session.sent) return this.#fail("it says that it has what was not sent");
        session.taken = Math.max(session.taken, message.number);
        // While nothing is on its way, it is we who are slow.
        if (session.phase === "sending" && session.taken === session.sent) this.#hush();
        return this.#pump();
      case "installed":
        return this.#installed(session, message.index);
      case "refused":
        return this.#fail(`member ${describeMember(from)} says: ${message.reason}`);
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#wanted.length = 0;
    if (this.#session !== undefined) this.#drop("this member stops");
  }

  #next(): void {
    if (this.#session !== undefined || this.#isStopped) return;
    const to = this.#wanted.shift();
    if (to === undefined) return;
    this.#session = {
      to,
      number: ++this.#lastNumber,
      startedAt: this.#parts.clock.monotonicMs(),
      phase: "asking",
      source: undefined,
      chunk: undefined,
      isReading: false,
      sent: 0,
      taken: 0,
      sentBytes: 0,
    };
    if (this.#parts.transfer === undefined) return this.#fail("this state machine cannot give its state away");
    this.#listen();
    this.#say({ type: "question", session: this.#lastNumber });
  }

  #open(session: Session, point: Uint8Array): void {
    session.phase = "opening";
    this.#hush();
    // The point is a view of a message that others share.
    this.#parts.transfer?.open(point.slice(), (error, source) => {
      if (this.#session !== session) {
        if (error === undefined) source.close();
        return;
      }
      if (error !== undefined) return this.#fail(`the state could not be opened: ${error.message}`);
      session.source = source;
      session.phase = "offered";
      const { position, header, totalBytes, isIncrement } = source;
      // An empty state is no news to anybody, and its receiver would not even take it for an offer.
      if (position.index === 0) {
        this.#parts.checkpoint();
        return this.#fail("no checkpoint holds anything yet");
      }
      const placed = this.#parts.configurationAt(position.index);
      if (placed === undefined) return this.#fail("the log no longer knows the configuration of its time");
      const { configuration, index: configurationIndex } = placed;
      this.#parts.logger.info(
        `sending the state as of ${describePosition(position)} to member ${describeMember(session.to)}`,
        { to: session.to, kind: isIncrement ? "increment" : "whole", bytes: totalBytes },
      );
      this.#listen();
      const leaderTerm = this.#parts.term();
      const offer = { position, configuration, configurationIndex, leaderTerm, totalBytes, isIncrement, header };
      this.#say({ type: "offer", session: session.number, ...offer });
    });
  }

  #begin(session: Session, token: Uint8Array): void {
    session.phase = "sending";
    this.#hush();
    if (token.length === 0) return this.#pump();
    session.isReading = true;
    session.source?.seek(token.slice(), (error) => {
      if (this.#session !== session) return;
      session.isReading = false;
      if (error !== undefined) return this.#fail(`the state could not be read on from where it was: ${error.message}`);
      this.#pump();
    });
  }

  /** Sends what may be sent now: one chunk a turn of the host's loop. */
  #pump(): void {
    const session = this.#session;
    if (session === undefined || session.phase !== "sending" || this.#isPumping || this.#pause !== undefined) return;
    if (session.sent - session.taken >= windowChunks) return;
    if (session.chunk === undefined) return this.#read(session);
    const waitMs = this.#throttle.waitMs();
    if (waitMs > 0) return this.#resumeIn(waitMs);
    const { chunk } = session;
    const message = { type: "chunk", session: session.number, number: session.sent + 1, bytes: chunk } as const;
    if (!this.#parts.send(session.to, message)) return this.#resumeIn(retryMs);
    this.#throttle.spent(chunk.length);
    session.chunk = undefined;
    session.sent++;
    session.sentBytes += chunk.length;
    if (this.#silence === undefined) this.#listen();
    this.#isPumping = true;
    this.#parts.timers.afterPendingInput(() => {
      this.#isPumping = false;
      this.#pump();
    });
  }

  #read(session: Session): void {
    if (session.isReading) return;
    session.isReading = true;
    session.source?.next((error, chunk) => {
      if (this.#session !== session) return;
      session.isReading = false;
      if (error !== undefined) return this.#fail(`the state could not be read: ${error.message}`);
      if (chunk !== undefined) {
        session.chunk = chunk;
        return this.#pump();
      }
      session.phase = "ending";
      this.#listen();
      this.#say({ type: "end", session: session.number, chunks: session.sent });
    });
  }

  #resumeIn(delayMs: number): void {
    this.#pause = this.#parts.timers.after(delayMs, () => {
      this.#pause = undefined;
      this.#pump();
    });
  }

  /** What is not a chunk goes once: where there is no link, or no room on it, the session ends and is tried again later. */
  #say(message: TransferMessage): void {
    const to = this.#session?.to;
    if (to !== undefined && !this.#parts.send(to, message)) this.#fail("nothing can be sent to it at the moment");
  }

  #installed(session: Session, index: LogIndex): void {
    const { source, sentBytes, startedAt } = session;
    if (source === undefined || index < source.position.index) return this.#fail("it installed another state");
    const { position, isIncrement } = source;
    const tookMs = Math.round(this.#parts.clock.monotonicMs() - startedAt);
    this.#parts.logger.info(`member ${describeMember(session.to)} has the state as of ${describePosition(position)}`, {
      to: session.to,
      kind: isIncrement ? "increment" : "whole",
      bytes: sentBytes,
      tookMs,
    });
    const { whole, increments, failed, bytes } = this.#totals;
    this.#totals = {
      whole: whole + (isIncrement ? 0 : 1),
      increments: increments + (isIncrement ? 1 : 0),
      failed,
      bytes: bytes + sentBytes,
    };
    this.#close();
    this.#parts.ended(session.to, position);
    this.#next();
  }

  #fail(why: string): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#drop(why);
    this.#parts.ended(session.to, undefined);
    this.#next();
  }

  #drop(why: string): void {
    const { to, sentBytes } = this.#session as Session;
    this.#parts.logger.warn(`sending the state to member ${describeMember(to)} ended: ${why}`, {
      to,
      bytes: sentBytes,
    });
    this.#totals = {
      ...this.#totals,
      failed: this.#totals.failed + 1,
      bytes: this.#totals.bytes + sentBytes,
    };
    this.#close();
  }

  #close(): void {
    this.#session?.source?.close();
    this.#session = undefined;
    this.#hush();
    if (this.#pause !== undefined) this.#parts.timers.cancel(this.#pause);
    this.#pause = undefined;
  }

  /** From now on the receiver may be silent for so long. */
  #listen(): void {
    this.#hush();
    this.#silence = this.#parts.timers.after(this.#parts.silenceMs(), () => {
      this.#silence = undefined;
      this.#fail("it says nothing any more");
    });
  }

  #hush(): void {
    if (this.#silence !== undefined) this.#parts.timers.cancel(this.#silence);
    this.#silence = undefined;
  }
}
