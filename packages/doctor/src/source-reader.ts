import { envelopeOf } from "./envelope.ts";
import type { LineTime, LogFormat } from "./format.ts";
import { formats as allFormats } from "./formats/index.ts";
import type { Notebook } from "./notebook.ts";

/** A line that is longer than this many bytes is none: it is counted, and passed over. */
const longestLine = 1024 * 1024;
const dayMs = 86_400_000;
/** A clock that goes back by less than the first was only written late; by more than the second, another log begins. */
const leastJumpMs = 1000;
const mostJumpMs = 3_600_000;

export interface SourceOptions {
  /** The file's name, as it is shown. */
  readonly name: string;
  readonly number: number;
  readonly notebook: Notebook;
  /** Bytes as text (UTF-8, or Latin-1). */
  readonly decode: (bytes: Uint8Array) => string;
  /** Formats to be looked for before the known ones. */
  readonly formats?: readonly LogFormat[];
}

/** What can be said of an input as such. */
export interface SourceSummary {
  readonly name: string;
  readonly bytes: number;
  readonly lines: number;
  /** Lines whose format was recognised, by its name. */
  readonly formats: Readonly<Record<string, number>>;
  readonly unknownLines: number;
  readonly binaryLines: number;
  readonly longLines: number;
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  readonly hasDates: boolean;
  /** What was wrong with it, in words. */
  readonly problems: readonly string[];
}

/** What editors of some systems put before UTF-8: no part of the first line. */
const byteOrderMark: readonly number[] = [0xef, 0xbb, 0xbf];

/** Takes the bytes of one input, piece by piece, and notes what its lines say. Nothing in them makes it throw. */
export class SourceReader {
  readonly #options: SourceOptions;
  readonly #formats: readonly LogFormat[];
  #current: LogFormat | undefined;
  #rest: Uint8Array = new Uint8Array(0);
  /** In the middle of a line that is too long. */
  #isSkipping = false;
  #bytes = 0;
  #lines = 0;
  #unknown = 0;
  #binary = 0;
  #long = 0;
  readonly #counts = new Map<LogFormat, number>();
  readonly #problems: string[] = [];
  #firstMs: number | undefined;
  #lastMs: number | undefined;
  #hasDates = true;
  #day = 0;

  constructor(options: SourceOptions) {
    this.#options = options;
    this.#formats = [...(options.formats ?? []), ...allFormats];
  }

  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    const end = bytes.lastIndexOf(10) + 1;
    if (end === 0) return this.#keep(bytes);
    let begin = 0;
    if (this.#isSkipping) {
      begin = bytes.indexOf(10) + 1;
      this.#isSkipping = false;
    }
    const whole = bytes.subarray(begin, end);
    const rest = this.#rest;
    // A copy, whatever kind of array it is: the caller may read the next piece into the same memory.
    this.#rest = new Uint8Array(bytes.subarray(end));
    if (rest.length === 0) return this.#read(whole);
    // Only the line that began in the last piece is put together.
    const first = whole.indexOf(10) + 1;
    this.#read(joined(rest, whole.subarray(0, first)));
    this.#read(whole.subarray(first));
  }

  end(): void {
    if (this.#rest.length > 0) this.#read(this.#rest);
    this.#rest = new Uint8Array(0);
  }

  /** The input ended before it should have, or could not be read on. */
  fail(reason: string): void {
    this.#problems.push(reason);
  }

  summary(): SourceSummary {
    const problems = [...this.#problems];
    const known = this.#lines - this.#unknown - this.#binary;
    if (this.#bytes === 0) problems.push("it is empty");
    else if (known === 0) problems.push("no line is of a format that is known");
    if (this.#binary > 0) problems.push(`with bytes that are no text: ${counted(this.#binary)}`);
    if (this.#long > 0) problems.push(`passed over as longer than ${longestLine} bytes: ${counted(this.#long)}`);
    return {
      name: this.#options.name,
      bytes: this.#bytes,
      lines: this.#lines,
      formats: Object.fromEntries([...this.#counts].map(([format, count]) => [format.name, count])),
      unknownLines: this.#unknown,
      binaryLines: this.#binary,
      longLines: this.#long,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      hasDates: this.#hasDates,
      problems,
    };
  }

  /** A piece without an end of a line. */
  #keep(bytes: Uint8Array): void {
    if (this.#isSkipping) return;
    if (this.#rest.length + bytes.length <= longestLine) {
      this.#rest = joined(this.#rest, bytes);
      return;
    }
    this.#rest = new Uint8Array(0);
    this.#isSkipping = true;
    this.#long++;
    this.#lines++;
  }

  #read(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const isMarked = this.#lines === 0 && byteOrderMark.every((byte, at) => bytes[at] === byte);
    const text = this.#options.decode(isMarked ? bytes.subarray(byteOrderMark.length) : bytes);
    const mayBeBinary = text.includes("\0");
    let last: string | undefined;
    for (let begin = 0; begin < text.length; ) {
      const newline = text.indexOf("\n", begin);
      const stop = newline < 0 ? text.length : newline;
      const end = stop > begin && text.charCodeAt(stop - 1) === 13 ? stop - 1 : stop;
      this.#lines++;
      if (end > begin) {
        const line = text.slice(begin, end);
        if (mayBeBinary && line.includes("\0")) this.#binary++;
        else if (this.#line(line)) last = line;
      }
      begin = stop + 1;
    }
    // Only lines that mean something have their time read: the last of a block tells how far we are.
    if (last !== undefined && this.#current !== undefined) this.#seen(this.#current.time(last));
  }

  /** Whether it is of a known format. */
  #line(raw: string): boolean {
    const current = this.#current;
    const envelope = envelopeOf(raw);
    const line = envelope.begin === 0 ? raw : raw.slice(envelope.begin);
    let format = current;
    let message = current?.message(line);
    if (message === undefined) {
      format = this.#formats.find((each) => each !== current && (message = each.message(line)) !== undefined);
      if (format === undefined || message === undefined) {
        this.#unknown++;
        return false;
      }
    }
    if (format === undefined || message === undefined) return false;
    if (format !== current) this.#current = format;
    this.#counts.set(format, (this.#counts.get(format) ?? 0) + 1);
    if (this.#firstMs === undefined) this.#seen(format.time(line));
    if (format.phrases.mayMean(message)) this.#note(format, line, message, envelope.writer);
    return true;
  }

  #note(format: LogFormat, line: string, message: string, wrapper: string | undefined): void {
    const facts = format.phrases.facts({ message, field: (name) => format.field(line, name) });
    if (facts.length === 0) return;
    const { notebook, number } = this.#options;
    const before = this.#lastMs ?? 0;
    const atMs = this.#seen(format.time(line)) ?? Number.NaN;
    const backMs = before - atMs;
    const writer = format.member?.(line) ?? wrapper ?? "";
    const place = { source: number, writer, line: this.#lines, atMs, text: line };
    if (writer === "" && backMs > leastJumpMs && backMs < mostJumpMs) {
      notebook.add({ kind: "clock-difference", value: backMs, text: "went back" }, place);
    }
    for (const fact of facts) notebook.add(fact, place);
  }

  #seen(time: LineTime | undefined): number | undefined {
    const ms = this.#timeOf(time);
    if (ms === undefined) return this.#lastMs;
    this.#firstMs ??= ms;
    this.#lastMs = ms;
    return ms;
  }

  #timeOf(time: LineTime | undefined): number | undefined {
    if (time === undefined) return undefined;
    if (time.hasDate) return time.ms;
    this.#hasDates = false;
    const last = this.#lastMs ?? 0;
    // Past midnight: the clock begins anew, and time goes on.
    if (this.#day * dayMs + time.ms < last - dayMs / 2) this.#day++;
    return this.#day * dayMs + time.ms;
  }
}

function counted(lines: number): string {
  return lines === 1 ? "1 line" : `${lines} lines`;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
