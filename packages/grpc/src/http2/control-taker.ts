import type { AbuseGuard } from "./abuse-guard.ts";
import type { ConnectionEnd } from "./connection-end.ts";
import { writePing, writeSettingsAck } from "./control-frames.ts";
import { protocolError } from "./frame-rules.ts";
import type { Output } from "./output.ts";
import { ConnectionError, errorCodes, frameFlags } from "./protocol.ts";
import type { Sender } from "./sender.ts";
import { readSettings, settingBytes } from "./settings.ts";
import type { StreamEnds } from "./stream-ends.ts";
import type { StreamTable } from "./stream-table.ts";

/** Window updates below this are a way to make us work for nothing. */
const smallUpdateBytes = 256;

export interface ControlParts {
  readonly output: Output;
  readonly sender: Sender;
  readonly streams: StreamTable;
  readonly guard: AbuseGuard;
  readonly ends: StreamEnds;
  readonly end: ConnectionEnd;
  /** See `ConnectionEnd.servedUpTo`. */
  readonly servedUpTo: () => number;
}

/** Takes the frames that are about the connection and its streams, and carry nothing of them. */
export class ControlTaker {
  readonly #parts: ControlParts;
  #hasSettings = false;

  constructor(parts: ControlParts) {
    this.#parts = parts;
  }

  /** The client's first SETTINGS have come. */
  get hasSettings(): boolean {
    return this.#hasSettings;
  }

  /** Ignored (RFC 9113 §5.3.2) but for its form, which is an error of the stream; one that is idle cannot be reset. */
  priority(id: number, length: number): void {
    const { streams, guard, ends, servedUpTo } = this.#parts;
    if (length === 5 || id > servedUpTo()) return guard.nuisance("PRIORITY");
    if (id <= streams.lastId) return ends.broken(id, errorCodes.frameSizeError);
    throw new ConnectionError(errorCodes.frameSizeError, "a PRIORITY must have 5 bytes");
  }

  rstStream(id: number): void {
    const { streams, guard, ends, servedUpTo } = this.#parts;
    if (id > servedUpTo()) return guard.nuisance("frames after GOAWAY");
    streams.checkNotIdle(id, "RST_STREAM");
    const stream = streams.get(id);
    if (stream === undefined) return guard.nuisance("late RST_STREAM");
    ends.resetByClient(stream);
  }

  settings(flags: number, bytes: Buffer, start: number, end: number): void {
    const { output, sender, streams, guard } = this.#parts;
    if ((flags & frameFlags.ack) !== 0) {
      if (end > start)
        throw new ConnectionError(errorCodes.frameSizeError, "a SETTINGS acknowledgement has no payload");
      return guard.nuisance("SETTINGS acknowledgements");
    }
    if ((end - start) % settingBytes !== 0) {
      throw new ConnectionError(errorCodes.frameSizeError, "a SETTINGS payload must be a multiple of 6 bytes");
    }
    // Each may concern every stream.
    guard.nuisance("SETTINGS", 10);
    this.#hasSettings = true;
    const { headerTableBytes, initialWindowBytes } = readSettings(bytes, start, end);
    if (headerTableBytes !== undefined) sender.tableResized();
    if (initialWindowBytes !== undefined) sender.setInitialWindow(initialWindowBytes, streams.values());
    writeSettingsAck(output);
  }

  ping(flags: number, opaque: Buffer): void {
    const { output, guard, end } = this.#parts;
    if ((flags & frameFlags.ack) === 0) {
      guard.pinged();
      return writePing(output, true, opaque);
    }
    end.pingAnswered(opaque);
    guard.nuisance("PING acknowledgements");
  }

  /** The client opens no more streams; it closes when those that are open have ended. */
  goaway(): void {
    this.#parts.guard.nuisance("GOAWAY");
  }

  windowUpdate(id: number, increment: number): void {
    const { sender, streams, guard, ends, servedUpTo } = this.#parts;
    if (id > servedUpTo()) return guard.nuisance("frames after GOAWAY");
    streams.checkNotIdle(id, "WINDOW_UPDATE");
    if (increment < smallUpdateBytes) guard.nuisance("small WINDOW_UPDATEs");
    if (id === 0) {
      if (increment === 0) throw protocolError("a WINDOW_UPDATE of 0");
      return sender.widen(increment);
    }
    if (increment === 0) return ends.broken(id, errorCodes.protocolError);
    const stream = streams.get(id);
    if (stream !== undefined && !sender.widenStream(stream, increment)) {
      ends.broken(id, errorCodes.flowControlError);
    }
  }

  /** Extensions are ignored (§5.5). */
  unknown(): void {
    this.#parts.guard.nuisance("unknown frames");
  }
}
