import { closeSync, createReadStream, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline, Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { Examination, SourceReader } from "@quorate/doctor";
import { FailureError } from "../errors.ts";

/** Read at once, in bytes. */
const pieceBytes = 1024 * 1024;
const mostFiles = 10_000;
/** Folders within folders. */
const mostDepth = 8;

export interface Input {
  /** Undefined for standard input. */
  readonly path: string | undefined;
  /** In bytes; 0 where it is not known. */
  readonly size: number;
  /** It was found in a folder, nobody named it: what is no text there is passed over. */
  readonly isFound: boolean;
}

/** What the arguments name: files, every file of folders, and standard input for `-` or for nothing. Throws `FailureError`. */
export function findInputs(names: readonly string[]): readonly Input[] {
  if (names.length === 0 || names.includes("-")) {
    const others = names.filter((name) => name !== "-");
    return [{ path: undefined, size: 0, isFound: false }, ...(others.length === 0 ? [] : findInputs(others))];
  }
  const found = names.flatMap((name) => inputsOf(name, false, 0));
  if (found.length > mostFiles) throw new FailureError(`${found.length} files are more than ${mostFiles}: name fewer.`);
  return found;
}

function inputsOf(path: string, isFound: boolean, depth: number): readonly Input[] {
  try {
    const stat = statSync(path);
    if (!stat.isDirectory()) return stat.isFile() || !isFound ? [{ path, size: stat.size, isFound }] : [];
    if (depth >= mostDepth) return [];
    return readdirSync(path)
      .sort()
      .flatMap((name) => inputsOf(join(path, name), true, depth + 1));
  } catch (error) {
    if (isFound) return [];
    throw new FailureError(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** `advanced` is told how many more bytes of the input, as it lies on the disk, have been read. */
export async function readInputs(
  examination: Examination,
  inputs: readonly Input[],
  advanced: (bytes: number) => void,
): Promise<void> {
  for (const input of inputs) {
    const { path } = input;
    if (path === undefined) {
      await readStream(examination.source("standard input"), process.stdin, advanced);
      continue;
    }
    const kind = kindOf(path);
    if (kind === "binary" && input.isFound) continue;
    const source = examination.source(path);
    if (kind === "text" || kind === "binary") readFile(source, path, advanced);
    else await readStream(source, createReadStream(path, { highWaterMark: pieceBytes }), advanced);
  }
}

type Kind = "text" | "binary" | "packed" | "unreadable";

function kindOf(path: string): Kind {
  const head = Buffer.alloc(4096);
  try {
    const file = openSync(path, "r");
    try {
      const bytes = head.subarray(0, readSync(file, head));
      if (isGzip(bytes) || isZstd(bytes)) return "packed";
      return bytes.includes(0) ? "binary" : "text";
    } finally {
      closeSync(file);
    }
  } catch {
    return "unreadable";
  }
}

/** Files are read in pieces and in turn: nothing is gained by waiting for them, and much of the time is spent in between. */
function readFile(source: SourceReader, path: string, advanced: (bytes: number) => void): void {
  const piece = Buffer.allocUnsafe(pieceBytes);
  try {
    const file = openSync(path, "r");
    try {
      for (;;) {
        const count = readSync(file, piece);
        if (count === 0) break;
        source.push(piece.subarray(0, count));
        advanced(count);
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    source.fail(`it could not be read on: ${(error as Error).message}`);
  }
  source.end();
}

async function readStream(source: SourceReader, stream: Readable, advanced: (bytes: number) => void): Promise<void> {
  try {
    for await (const bytes of await unpacked(stream, advanced)) source.push(bytes as Buffer);
  } catch (error) {
    source.fail(`it could not be read on: ${(error as Error).message}`);
  }
  source.end();
}

/** What gzip or zstd packed is unpacked, by what its first bytes say. */
async function unpacked(stream: Readable, advanced: (bytes: number) => void): Promise<AsyncIterable<unknown>> {
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await pieces.next();
  if (first.done === true) return Readable.from([]);
  const whole = counted(first.value, pieces, advanced);
  if (!isGzip(first.value) && !isZstd(first.value)) return whole;
  const unpack = isGzip(first.value) ? createGunzip() : createZstdDecompress();
  // What goes wrong on the way in comes out of `unpack` as well.
  pipeline(Readable.from(whole), unpack, () => {});
  return unpack;
}

async function* counted(
  head: Buffer,
  rest: AsyncIterator<Buffer>,
  advanced: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  advanced(head.length);
  yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    advanced(next.value.length);
    yield next.value;
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function isZstd(bytes: Uint8Array): boolean {
  return bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd;
}
