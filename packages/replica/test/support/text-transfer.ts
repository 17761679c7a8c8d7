import { HostError, type Callback, type Done, type HostErrorCode } from "@quorate/host";
import { decodeUtf8, encodeUtf8, type LogPosition } from "@quorate/raft";
import type { StateSink, StateSource, StateTransfer } from "../../src/state-transfer.ts";

/** A state that is one text; what a receiver has already, when it is how the text begins, is not sent again. */
export class TextTransfer implements StateTransfer {
  text: string;
  position: LogPosition;
  readonly chunkBytes: number;
  /** Set to fail the next thing of that kind. */
  failing: "open" | "next" | "receive" | "write" | "install" | "exchange" | undefined;
  /** Delays what is asked; at once unless set. */
  later: (run: () => void) => void = (run) => run();
  /** What broken sessions left: the text they were bringing, and how much of it is here. */
  kept: { readonly whole: string; readonly part: string } | undefined;
  openSources = 0;
  openSinks = 0;
  chunksGiven = 0;

  constructor(text: string, index: number, chunkBytes = 4) {
    this.text = text;
    this.position = { index, term: 1 };
    this.chunkBytes = chunkBytes;
  }

  point(): Uint8Array {
    return encodeUtf8(`=${this.text.slice(0, 200)}`);
  }

  open(since: Uint8Array | undefined, done: Callback<StateSource>): void {
    this.later(() => {
      if (this.#fails("open")) return done(failure("open"), undefined as never);
      const held = since === undefined ? "" : (decodeUtf8(since) as string).slice(1);
      const isIncrement = held.length > 0 && this.text.startsWith(held);
      const { text, position } = this;
      let at = isIncrement ? held.length : 0;
      const start = at;
      let isOpen = true;
      this.openSources++;
      done(undefined, {
        position,
        isIncrement,
        totalBytes: text.length - at,
        header: encodeUtf8(JSON.stringify({ position, from: at, length: text.length })),
        next: (given) => {
          this.later(() => {
            if (this.#fails("next")) return given(failure("next"), undefined);
            if (at >= text.length) return given(undefined, undefined);
            const chunk = text.slice(at, at + this.chunkBytes);
            at += chunk.length;
            this.chunksGiven++;
            given(undefined, encodeUtf8(chunk));
          });
        },
        seek: (token, sought) => {
          at = start + Number(decodeUtf8(token));
          this.later(() => sought(undefined));
        },
        close: () => {
          if (isOpen) this.openSources--;
          isOpen = false;
        },
      });
    });
  }

  receive(header: Uint8Array, done: Callback<StateSink>): void {
    this.later(() => {
      if (this.#fails("receive")) return done(failure("receive"), undefined as never);
      const { position, from, length } = JSON.parse(decodeUtf8(header) as string);
      const whole = `${position.index}:${from}:${length}`;
      let part = this.kept?.whole === whole ? this.kept.part : "";
      this.kept = undefined;
      this.openSinks++;
      done(undefined, {
        resumeToken: part === "" ? new Uint8Array(0) : encodeUtf8(String(part.length)),
        write: (chunk, written) => {
          this.later(() => {
            if (this.#fails("write")) return written(failure("write"));
            part += decodeUtf8(chunk);
            written(undefined);
          });
        },
        install: (installed) => {
          this.later(() => {
            if (this.#fails("install")) return installed(failure("install"), undefined as never);
            if (this.#fails("exchange")) return installed(failure("exchange", "io"), undefined as never);
            if (from + part.length !== length) return installed(failure("the whole state"), undefined as never);
            this.text = this.text.slice(0, from) + part;
            this.position = position;
            this.openSinks--;
            installed(undefined, position);
          });
        },
        abort: (keep, aborted: Done) => {
          if (keep) this.kept = { whole, part };
          this.openSinks--;
          this.later(() => aborted(undefined));
        },
      });
    });
  }

  #fails(what: NonNullable<TextTransfer["failing"]>): boolean {
    if (this.failing !== what) return false;
    this.failing = undefined;
    return true;
  }
}

function failure(what: string, code: HostErrorCode = "invalid"): HostError {
  return new HostError(code, "text", `the test made "${what}" fail`);
}
