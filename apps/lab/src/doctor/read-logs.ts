import type { Examination, SourceReader } from "@quorate/doctor";

/** A log: a file that was chosen or dropped, or text that was pasted. */
export interface LogInput {
  readonly name: string;
  readonly content: Blob;
}

export interface ReadingOptions {
  /** Told now and then how many bytes of the inputs, as they lie on the disk, have been read. */
  readonly advanced: (bytes: number) => void;
  /** When aborted, reading ends with the signal's reason. */
  readonly signal: AbortSignal;
  /** In bytes, unpacked, over all inputs: what comes after is not read, and the report says so. */
  readonly mostBytes?: number;
}

/** Memory stays far below this: lines become notes as they are read. What grows with it is the time. */
const mostBytesDefault = 200_000_000;
const mostInputs = 100;
/** Read without a look at the clock: a few milliseconds at most. */
const pieceBytes = 64 * 1024;
/** For so long at a time the page does nothing else. */
const stepMs = 24;

/** Reads logs one after the other, in short steps between which the page may draw. A log that cannot be read is reported, not thrown. */
export async function readLogs(
  examination: Examination,
  inputs: readonly LogInput[],
  { advanced, signal, mostBytes = mostBytesDefault }: ReadingOptions,
): Promise<void> {
  const names = distinctNames(inputs.map(({ name }) => name));
  let readBytes = 0;
  const budget: Budget = { leftBytes: mostBytes };
  let restedAt = performance.now();
  const restIfDue = async (): Promise<void> => {
    if (performance.now() - restedAt < stepMs) return;
    advanced(readBytes);
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    restedAt = performance.now();
  };
  for (const [at, { content }] of inputs.entries()) {
    const source = examination.source(names[at] ?? "");
    if (at === mostInputs) {
      source.fail(`only the first ${mostInputs} logs are read here; quorate doctor reads more`);
      return;
    }
    try {
      const pieces = piecesOf(content, (bytes) => (readBytes += bytes));
      const packing = await packingOf(content);
      if (packing === "zstd") throw new Error("it is packed with zstd: unpack it first, or give it to quorate doctor");
      const stream = packing === "gzip" ? pieces.pipeThrough(new DecompressionStream("gzip")) : pieces;
      await readStream(source, stream, budget, restIfDue);
    } catch (error) {
      signal.throwIfAborted();
      source.fail(`it could not be read to its end: ${(error as Error).message || "its bytes are no gzip"}`);
    }
    source.end();
  }
}

/** What may still be read, of all inputs together. */
interface Budget {
  leftBytes: number;
}

async function readStream(
  source: SourceReader,
  stream: ReadableStream<Uint8Array>,
  budget: Budget,
  restIfDue: () => Promise<void>,
): Promise<void> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const bytes = value.subarray(0, budget.leftBytes);
      budget.leftBytes -= bytes.length;
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        source.push(bytes.subarray(at, at + pieceBytes));
        await restIfDue();
      }
      if (bytes.length < value.length) {
        source.fail("its rest was not read: it is more than this page reads in all; quorate doctor reads any size");
        return;
      }
    }
  } finally {
    // What is left of it is not wanted; that it cannot be read either is known already.
    reader.cancel().catch(() => undefined);
  }
}

/** A log in pieces that are read when they are wanted: they stay small even where gzip makes much of little. */
function piecesOf(content: Blob, count: (bytes: number) => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull: async (controller) => {
      const piece = new Uint8Array(await content.slice(at, at + pieceBytes).arrayBuffer());
      at += piece.length;
      count(piece.length);
      if (piece.length > 0) controller.enqueue(piece);
      else controller.close();
    },
  });
}

async function packingOf(content: Blob): Promise<"gzip" | "zstd" | "none"> {
  const [a, b, c, d] = new Uint8Array(await content.slice(0, 4).arrayBuffer());
  if (a === 0x1f && b === 0x8b) return "gzip";
  return a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd ? "zstd" : "none";
}

/** Members' logs often have the same name, each in its own folder, of which a browser does not tell. */
function distinctNames(names: readonly string[]): readonly string[] {
  return names.map((name, at) => {
    const before = names.slice(0, at).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}
