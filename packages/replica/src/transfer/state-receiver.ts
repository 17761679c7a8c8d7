import type { Clock, Done, HostError, Logger, TimerHandle, Timers } from "@quorate/host";
import {
  describeMember,
  describePosition,
  type Configuration,
  type LogIndex,
  type LogPosition,
  type MemberId,
  type Term,
} from "@quorate/raft";
import type { StateSink, StateTransfer } from "../state-transfer.ts";
import type { SenderMessage, StateOffer, TransferMessage } from "./transfer-codec.ts";

/** What taking over a state needs from the rest of the member. */
export interface StateReceiverParts {
  /** Undefined where the state machine cannot take one over. */
  readonly transfer: StateTransfer | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** How long a sender may say nothing before it is given up, in ms. */
  readonly silenceMs: () => number;
  /** What the state holds. */
  readonly appliedIndex: () => LogIndex;
  /** Up to where the core counts it as applied: less than the state holds where the log below was damaged. */
  readonly countedIndex: () => LogIndex;
  /** The state holds everything up to here by itself: only the log has to begin there. */
  readonly beginLog: (at: InstalledState) => void;
  /** A state before this leaves a gap to where the log begins; 0 for none. */
  readonly leastIndex: () => LogIndex;
  readonly send: (to: MemberId, message: TransferMessage) => boolean;
  /** Applies and checkpoints nothing from here on; `done` once nothing is under way. */
  readonly hold: (done: () => void) => void;
  /** Makes durable that this state is about to become this member's. */
  readonly prepare: (state: InstalledState, done: Done) => void;
  /** Putting a state in place came to grief: this member must stop; its next start finds the old state or the new one. */
  readonly failed: (error: HostError) => void;
  /** The state is now as of `installed`, durably; or (undefined) still what it was. Undoes `hold`. */
  readonly release: (installed: InstalledState | undefined) => void;
}

export interface InstalledState {
  readonly position: LogPosition;
  readonly configuration: Configuration;
  readonly configurationIndex: LogIndex;
  readonly leaderTerm: Term;
}

/** What was taken over since this start. */
export interface ReceivedStates {
  readonly whole: number;
  readonly increments: number;
  readonly failed: number;
  readonly bytes: number;
}

interface Session {
  readonly from: MemberId;
  readonly incarnation: number;
  readonly number: number;
  readonly offer: StateOffer;
  readonly startedAt: number;
  phase: "opening" | "receiving" | "installing";
  sink: StateSink | undefined;
  readonly chunks: Uint8Array[];
  isWriting: boolean;
  /** The newest chunk that arrived, and that is verified and kept. */
  arrived: number;
  taken: number;
  /** How many there are in all, once that is known. */
  total: number | undefined;
  bytes: number;
}

/** Chunks that wait to be written. A sender that goes beyond it breaks the protocol. */
const maxWaitingChunks = 16;

/**
 * Takes over the state that a leader sends. What arrives is verified and kept beside the present state, which goes on
 * serving; only when all of it is there does it become this member's, in one step.
 *
 * Any leader's state will do, even a deposed one's: it is a function of committed entries, and those are the same for ever
 * (Raft §5.4.3). So only one question matters here: is it newer than ours?
 */
export class StateReceiver {
  readonly #parts: StateReceiverParts;
  #session: Session | undefined;
  #silence: TimerHandle | undefined;
  #whenIdle: (() => void) | undefined;
  /** A place for what arrives is being made; what an ended session had is being put away. */
  #isOpening = false;
  #isClosing = false;
  #isStopped = false;
  #totals: ReceivedStates = { whole: 0, increments: 0, failed: 0, bytes: 0 };

  constructor(parts: StateReceiverParts) {
    this.#parts = parts;
  }

  get isReceiving(): boolean {
    return this.#session !== undefined;
  }

  get totals(): ReceivedStates {
    return this.#totals;
  }

  /** What a sender says. */
  received(from: MemberId, incarnation: number, message: SenderMessage): void {
    if (this.#isStopped) return;
    if (message.type === "question") return this.#asked(from, message.session);
    if (message.type === "offer") return this.#offered(from, incarnation, message.session, message);
    const session = this.#session;
    if (session === undefined || session.from !== from || session.incarnation !== incarnation) return;
    if (session.number !== message.session || session.phase === "installing") return;
    if (message.type === "chunk") return this.#chunk(session, message.number, message.bytes);
    if (message.type === "end") return this.#end(session, message.chunks);
    if (message.type === "cancelled") this.#abort(`member ${describeMember(from)} says: ${message.reason}`, true);
  }

  disconnected(peer: MemberId): void {
    if (this.#session?.from === peer) this.#abort("the connection broke", true);
  }

  /** Takes nothing more; `done` once no state is being made this member's. */
  stop(done: () => void): void {
    this.#isStopped = true;
    if (this.#session?.phase === "installing") {
      this.#whenIdle = done;
      return;
    }
    if (this.#session !== undefined) this.#abort("this member stops", true);
    if (this.#isOpening || this.#isClosing) this.#whenIdle = done;
    else done();
  }

  #asked(from: MemberId, session: number): void {
    const { transfer, send } = this.#parts;
    if (transfer === undefined) {
      const reason = "this state machine cannot take over a state";
      send(from, { type: "refused", session, reason });
      return;
    }
    send(from, { type: "point", session, point: transfer.point() });
  }

  #offered(from: MemberId, incarnation: number, number: number, offer: StateOffer): void {
    const { transfer, send, appliedIndex, countedIndex, beginLog, leastIndex, clock, logger } = this.#parts;
    const { position, isIncrement, totalBytes } = offer;
    if (transfer === undefined) return;
    if (this.#session?.phase === "installing") {
      send(from, { type: "refused", session: number, reason: "another state is being installed" });
      return;
    }
    if (position.index <= appliedIndex()) {
      // What the damaged log has lost, the leader has pruned: nothing but this offer says who decides from here on.
      const { configuration, configurationIndex, leaderTerm } = offer;
      if (position.index > countedIndex()) beginLog({ position, configuration, configurationIndex, leaderTerm });
      send(from, { type: "installed", session: number, index: appliedIndex() });
      return;
    }
    if (position.index < leastIndex()) {
      const reason = `the log begins after ${leastIndex()}, and this state ends before that`;
      send(from, { type: "refused", session: number, reason });
      return;
    }
    if (this.#session !== undefined) this.#abort(`member ${describeMember(from)} offers another`, true);
    if (this.#isOpening || this.#isClosing) {
      send(from, { type: "refused", session: number, reason: "an earlier transfer is being put away: try again soon" });
      return;
    }
    const session: Session = {
      from,
      incarnation,
      number,
      // The header is a view of a message.
      offer: { ...offer, header: offer.header.slice() },
      startedAt: clock.monotonicMs(),
      phase: "opening",
      sink: undefined,
      chunks: [],
      isWriting: false,
      arrived: 0,
      taken: 0,
      total: undefined,
      bytes: 0,
    };
    this.#session = session;
    const kind = isIncrement ? "increment" : "whole";
    logger.info(`taking over the state as of ${describePosition(position)} from member ${describeMember(from)}`, {
      from,
      kind,
      bytes: totalBytes,
    });
    this.#isOpening = true;
    transfer.receive(session.offer.header, (error, sink) => {
      this.#isOpening = false;
      if (this.#session !== session) return error === undefined ? this.#putAway(sink, true) : this.#becomeIdle();
      if (error !== undefined) return this.#refuse(`the state cannot be taken: ${error.message}`);
      session.sink = sink;
      session.phase = "receiving";
      this.#listen();
      send(from, { type: "ready", session: number, token: sink.resumeToken });
    });
  }

  #chunk(session: Session, number: number, bytes: Uint8Array): void {
    if (session.phase !== "receiving") return;
    if (number !== session.arrived + 1) return this.#refuse(`chunk ${number} came after chunk ${session.arrived}`);
    if (session.chunks.length >= maxWaitingChunks) return this.#refuse("chunks came faster than they were answered");
    session.arrived = number;
    session.bytes += bytes.length;
    session.chunks.push(bytes);
    this.#listen();
    this.#write(session);
  }

  #write(session: Session): void {
    if (session.isWriting) return;
    const chunk = session.chunks.shift();
    if (chunk === undefined) {
      if (session.total === session.taken) this.#install(session);
      return;
    }
    session.isWriting = true;
    session.sink?.write(chunk, (error) => {
      session.isWriting = false;
      if (this.#session !== session) return;
      if (error !== undefined) return this.#refuse(`a chunk was not taken: ${error.message}`, false);
      session.taken++;
      this.#parts.send(session.from, { type: "taken", session: session.number, number: session.taken });
      this.#write(session);
    });
  }

  #end(session: Session, chunks: number): void {
    if (session.phase !== "receiving") return;
    if (chunks !== session.arrived) return this.#refuse(`${session.arrived} of ${chunks} chunks arrived`);
    session.total = chunks;
    this.#write(session);
  }

  /** The state and the log change together: the intent is durable first, then the state, then the log (`Wal`). */
  #install(session: Session): void {
    const { hold, prepare, clock, logger, send, release, failed, appliedIndex } = this.#parts;
    session.phase = "installing";
    this.#sayStillThere(session);
    const finish = (error: Error | undefined, position: LogPosition | undefined): void => {
      this.#hush();
      this.#session = undefined;
      const { whole, increments, failed, bytes } = this.#totals;
      const { isIncrement, configuration, configurationIndex, leaderTerm } = session.offer;
      if (error !== undefined || position === undefined) {
        const reason = `the state could not be installed: ${error?.message ?? "it has no position"}`;
        this.#totals = { whole, increments, failed: failed + 1, bytes: bytes + session.bytes };
        logger.warn(reason, { from: session.from });
        send(session.from, { type: "refused", session: session.number, reason });
        release(undefined);
        // What failed to become the state is not worth keeping.
        if (session.sink !== undefined) return this.#putAway(session.sink, false);
      } else {
        const counted = isIncrement ? { whole, increments: increments + 1 } : { whole: whole + 1, increments };
        this.#totals = { ...counted, failed, bytes: bytes + session.bytes };
        const tookMs = Math.round(clock.monotonicMs() - session.startedAt);
        logger.info(`the state is now as of ${describePosition(position)}`, {
          kind: isIncrement ? "increment" : "whole",
          bytes: session.bytes,
          tookMs,
        });
        release({ position, configuration, configurationIndex, leaderTerm });
        send(session.from, { type: "installed", session: session.number, index: position.index });
      }
      this.#becomeIdle();
    };
    hold(() => {
      if (this.#isStopped) return finish(new Error("this member stops"), undefined);
      // Only now does it stand still: entries that came late may have brought more, which this state would take back.
      if (session.offer.position.index <= appliedIndex()) return this.#letGo(session);
      prepare(session.offer, (error) => {
        if (error !== undefined) return finish(error, undefined);
        session.sink?.install((error, position) => {
          finish(error, error === undefined ? position : undefined);
          // A state that is not whole was not begun with. After anything else nobody knows what the machine holds.
          if (error !== undefined && error.code !== "invalid") failed(error);
        });
      });
    });
  }

  /** The log has brought everything that is in the state: nothing is installed. */
  #letGo(session: Session): void {
    const { release, send, appliedIndex, logger } = this.#parts;
    this.#hush();
    this.#session = undefined;
    logger.info("the log has overtaken the state that came: it is not needed", { from: session.from });
    release(undefined);
    send(session.from, { type: "installed", session: session.number, index: appliedIndex() });
    if (session.sink !== undefined) this.#putAway(session.sink, false);
    else this.#becomeIdle();
  }

  /** Installing may take long: the sender hears meanwhile that it is not waiting for nothing. */
  #sayStillThere(session: Session): void {
    this.#hush();
    this.#silence = this.#parts.timers.after(this.#parts.silenceMs() / 4, () => {
      this.#silence = undefined;
      if (this.#session !== session) return;
      this.#parts.send(session.from, { type: "taken", session: session.number, number: session.taken });
      this.#sayStillThere(session);
    });
  }

  /** Ends the session, and says so. */
  #refuse(reason: string, keep = true): void {
    const { from, number } = this.#session as Session;
    this.#parts.send(from, { type: "refused", session: number, reason });
    this.#abort(reason, keep);
  }

  /** What is verified stays for another session that brings the same, unless it is `keep` that is in doubt. */
  #abort(why: string, keep: boolean): void {
    const session = this.#session as Session;
    if (session.phase === "installing") return;
    this.#session = undefined;
    this.#hush();
    const { whole, increments, failed, bytes } = this.#totals;
    this.#totals = { whole, increments, failed: failed + 1, bytes: bytes + session.bytes };
    this.#parts.logger.warn(`taking over the state from member ${describeMember(session.from)} ended: ${why}`, {
      from: session.from,
      bytes: session.bytes,
    });
    if (session.sink !== undefined) this.#putAway(session.sink, keep);
  }

  #putAway(sink: StateSink, keep: boolean): void {
    this.#isClosing = true;
    sink.abort(keep, (error) => {
      this.#isClosing = false;
      if (error !== undefined) this.#parts.logger.warn(`what was received was not put away: ${error.message}`);
      this.#becomeIdle();
    });
  }

  #becomeIdle(): void {
    const whenIdle = this.#whenIdle;
    this.#whenIdle = undefined;
    whenIdle?.();
  }

  #listen(): void {
    this.#hush();
    this.#silence = this.#parts.timers.after(this.#parts.silenceMs(), () => {
      this.#silence = undefined;
      // It may be we who are slow.
      if (this.#session?.isWriting === true) this.#listen();
      else this.#abort("it says nothing any more", true);
    });
  }

  #hush(): void {
    if (this.#silence !== undefined) this.#parts.timers.cancel(this.#silence);
    this.#silence = undefined;
  }
}
