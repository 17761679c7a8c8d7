import type { FileOperation, Operation, Recorded } from "./operations.ts";
import { BlobWriter } from "./blob.ts";
import { SentStream } from "./sent-promises.ts";

/** Where a client's marks are looked up: names below it that never exist, so that asking for one leaves a line. */
export const markFolder = "marks-of-clients";

/** A call whose line is not complete yet: another thread's line came between its beginning and its return. */
interface UnderWay {
  readonly operation: number | undefined;
  /** The beginning of the line, for calls that are judged by what they return. */
  readonly text: string | undefined;
  /** Bytes on their way to a socket. */
  readonly sent?: Sent;
}

interface Sent {
  readonly socket: string;
  readonly bytes: Uint8Array;
}

const newline = 0x0a;
const quote = 0x22;
const headBytes = 2048;

/** Reads the output of strace (`straceArguments`). Only what lies below `folder`, in `members`, counts. */
export function readStraceOutput(output: Buffer, folder: string, members: readonly string[]): Recorded {
  const reader = new OutputReader(output, folder, members);
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(newline, at);
    const next = end < 0 ? output.length : end;
    reader.line(at, next);
    at = next + 1;
  }
  return reader.finish();
}

/** Nobody can know what such a recording should hold. It happens seldom, and another recording has nothing of it. */
export class UncertainRecordingError extends Error {}

class OutputReader {
  readonly #output: Buffer;
  readonly #folder: string;
  readonly #isData: (path: string) => boolean;
  readonly #underWay = new Map<string, UnderWay>();
  readonly #operations: Operation[] = [];
  readonly #moments: number[] = [];
  readonly #blob = new BlobWriter();
  /** By the names that strace gives sockets, which the system does not use twice. */
  readonly #streams = new Map<string, SentStream>();

  constructor(output: Buffer, folder: string, members: readonly string[]) {
    this.#output = output;
    this.#folder = folder;
    const directories = members.map((name) => `${folder}/${name}`);
    // The folder itself is there before anything is recorded; but the members sync the names in it.
    this.#isData = (path) =>
      path === folder || directories.some((directory) => path === directory || path.startsWith(`${directory}/`));
  }

  finish(): Recorded {
    return { folder: this.#folder, operations: this.#operations, moments: this.#moments, bytes: this.#blob.bytes() };
  }

  line(from: number, to: number): void {
    const head = this.#output.toString("latin1", from, Math.min(to, from + headBytes));
    const thread = /^(\d+) +/.exec(head);
    if (thread === null) throw new Error(`a line of strace that begins with no thread: ${head.slice(0, 100)}`);
    const [prefix, id = ""] = thread;
    const rest = head.slice(prefix.length);
    if (rest.startsWith("+++") || rest.startsWith("---")) return;
    if (rest.startsWith("<... ")) return this.#resumed(id, from, to);
    const call = /^(\w+)\(/.exec(rest)?.[1];
    if (call === undefined) throw new Error(`a line of strace that is no call: ${rest.slice(0, 100)}`);
    const isWhole = !this.#output.toString("latin1", Math.max(from, to - 20), to).endsWith("<unfinished ...>");
    if ((call === "write" || call === "writev") && isSocket(head)) return this.#send(id, from, to, isWhole);
    if (call === "write" || call === "pwrite64") return this.#write(id, call, from, to, head, isWhole);
    if (to - from > headBytes && !this.#mentionsData(head)) return;
    const text = this.#output.toString("latin1", from + prefix.length, to);
    if (!isWhole) {
      const begun = text.slice(0, -" <unfinished ...>".length);
      const operation = call === "fsync" || call === "fdatasync" ? this.#begin(begun) : undefined;
      this.#underWay.set(id, { operation, text: operation === undefined ? begun : undefined });
      return;
    }
    if (!hasSucceeded(text)) {
      if (call === "access") this.#mark(text);
      else this.#noteFailure(text);
      return;
    }
    const operation = this.#begin(text);
    if (operation !== undefined) this.#moments.push(operation * 2 + 1);
  }

  #resumed(id: string, from: number, to: number): void {
    const begun = this.#underWay.get(id);
    if (begun === undefined) return;
    this.#underWay.delete(id);
    const line = this.#output.toString("latin1", from, Math.min(to, from + headBytes));
    const tail = line.slice(line.indexOf("resumed>") + "resumed>".length);
    if (begun.sent !== undefined) return this.#sent(begun.sent, tail);
    if (begun.text !== undefined) {
      if (begun.text.startsWith("access(")) return this.#mark(begun.text);
      if (!hasSucceeded(tail)) return this.#noteFailure(begun.text + tail);
      const operation = this.#begin(begun.text + tail);
      if (operation !== undefined) this.#moments.push(operation * 2 + 1);
      return;
    }
    if (begun.operation === undefined || wasKilledIn(tail)) return;
    this.#returned(begun.operation, tail);
  }

  /** A write or a sync has come back with this result. */
  #returned(number: number, tail: string): void {
    const operation = this.#operations[number] as Operation;
    const result = Number(/ = (-?\d+)/.exec(tail)?.[1]);
    if (operation.kind === "sync" && result !== 0) throw new Error(`a sync of ${operation.path} failed: ${tail}`);
    if (operation.kind === "write") {
      if (!(result >= 0)) throw new Error(`a write to ${operation.path} failed: ${tail}`);
      // A process that is killed may have written a part; whoever lives writes the rest with the next call.
      this.#operations[number] = { ...operation, length: result };
    }
    this.#moments.push(number * 2 + 1);
  }

  /** Bytes go from the line to the blob without becoming a string. */
  #write(id: string, call: string, from: number, to: number, head: string, isWhole: boolean): void {
    const path = descriptorPath(head);
    if (path === undefined || !this.#isData(path)) return;
    const first = this.#output.indexOf(quote, from) + 1;
    const last = this.#output.indexOf(quote, first);
    // strace shows an address where it could not read the bytes: the process was on its end, and may have written them.
    if (first > to) throw new UncertainRecordingError(`a process was killed during a write to ${path}`);
    const at = this.#blob.addHexadecimal(this.#output, first, last);
    const tail = this.#output.toString("latin1", last + 1, to);
    const parts = /^, (\d+)(?:, (\d+))?/.exec(tail);
    const length = Number(parts?.[1]);
    if (tail.startsWith("...") || this.#blob.length - at !== length)
      throw new Error(`strace has cut a write to ${path}`);
    const offset = call === "pwrite64" ? Number(parts?.[2]) : undefined;
    const operation = this.#add({ kind: "write", path, offset, at, length });
    if (!isWhole) {
      this.#underWay.set(id, { operation, text: undefined });
      return;
    }
    if (!wasKilledIn(tail)) this.#returned(operation, tail);
  }

  /** A message counts as sent once the call has returned: then it may have arrived. */
  #send(id: string, from: number, to: number, isWhole: boolean): void {
    const line = this.#output.toString("latin1", from, to);
    const socket = descriptorPath(line) ?? "";
    const bytes = Buffer.concat(
      [...line.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, escaped = ""]) => unhex(escaped)),
    );
    const sent = { socket, bytes };
    if (isWhole) this.#sent(sent, line);
    else this.#underWay.set(id, { operation: undefined, text: undefined, sent });
  }

  #sent({ socket, bytes }: Sent, tail: string): void {
    const count = Number(/ = (\d+)$/.exec(tail)?.[1] ?? 0);
    const stream = this.#streams.get(socket) ?? new SentStream((promised) => this.#add({ kind: "promise", promised }));
    this.#streams.set(socket, stream);
    stream.push(bytes.subarray(0, count));
  }

  /** Adds what a line says, if it concerns the members' files. */
  #begin(text: string): number | undefined {
    if (text.startsWith("access(")) {
      this.#mark(text);
      return undefined;
    }
    const operation = operationOf(text, this.#isData);
    if (operation === undefined) return undefined;
    if (operation.kind === "mkdir" && operation.path === this.#folder) return undefined;
    return this.#add(operation);
  }

  #add(operation: Operation): number {
    const number = this.#operations.push(operation) - 1;
    this.#moments.push(number * 2);
    return number;
  }

  /** A call that has failed changed nothing; one in which its process was killed has perhaps. */
  #noteFailure(text: string): void {
    if (!text.slice(-40).includes(" = ?")) return;
    const operation = operationOf(text, this.#isData);
    if (operation === undefined || operation.kind === "sync") return;
    throw new UncertainRecordingError(`a process was killed during ${operation.kind} of ${operation.path}`);
  }

  #mark(text: string): void {
    const [path = ""] = pathsIn(text);
    const prefix = `${this.#folder}/${markFolder}/`;
    if (!path.startsWith(prefix)) return;
    const [kind, id, revision] = path.slice(prefix.length).split("/");
    if (kind === "ask") this.#add({ kind: "ask", id: Number(id) });
    else this.#add({ kind: "acknowledged", id: Number(id), revision: Number(revision) });
  }

  #mentionsData(head: string): boolean {
    const path = descriptorPath(head) ?? pathsIn(head)[0];
    return path !== undefined && this.#isData(path);
  }
}

/**
 * The process was killed in the call: strace saw no result, or lost the process, or the system broke a write off. Only a fatal
 * signal does that to a regular file, so a member never goes on after it.
 */
function wasKilledIn(tail: string): boolean {
  return / = (\?|-1 EINTR)| <detached \.\.\.>$/.test(tail);
}

function hasSucceeded(text: string): boolean {
  return !/\) += (-1 |\?)/.test(text.slice(-200));
}

/** The path of the first descriptor, unless the file has lost its name. */
function descriptorPath(text: string): string | undefined {
  const found = /\(\d+<((?:\\x[0-9a-f]{2})*)>(\(deleted\))?/.exec(text);
  return found?.[1] === undefined || found[2] !== undefined ? undefined : unescaped(found[1]);
}

function pathsIn(text: string): readonly string[] {
  return [...text.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, escaped = ""]) => unescaped(escaped));
}

function unescaped(text: string): string {
  return unhex(text).toString("utf8");
}

function unhex(text: string): Buffer {
  return Buffer.from(text.replaceAll("\\x", ""), "hex");
}

/** "socket:[" in hexadecimal. */
const socketPrefix = "<\\x73\\x6f\\x63\\x6b\\x65\\x74\\x3a\\x5b";

function isSocket(head: string): boolean {
  return head.slice(0, 100).includes(socketPrefix);
}

/** One finished call; undefined when it changes nothing that matters here. */
function operationOf(text: string, isData: (path: string) => boolean): FileOperation | undefined {
  const call = text.slice(0, text.indexOf("("));
  const onDescriptor = descriptorPath(text);
  const [first = "", second = ""] = pathsIn(text);
  switch (call) {
    case "open":
    case "openat":
    case "creat": {
      const create = text.includes("O_CREAT") || call === "creat";
      const truncate = text.includes("O_TRUNC") || call === "creat";
      return isData(first) && (create || truncate) ? { kind: "open", path: first, create, truncate } : undefined;
    }
    case "fsync":
    case "fdatasync":
      return onDescriptor !== undefined && isData(onDescriptor) ? { kind: "sync", path: onDescriptor } : undefined;
    case "ftruncate": {
      if (onDescriptor === undefined || !isData(onDescriptor)) return undefined;
      return { kind: "truncate", path: onDescriptor, size: Number(/>, (\d+)\)/.exec(text)?.[1]) };
    }
    case "rename":
    case "link":
      return isData(first) || isData(second) ? { kind: call, path: first, to: second } : undefined;
    case "unlink":
    case "mkdir":
    case "rmdir":
      return isData(first) ? { kind: call, path: first } : undefined;
    case "mmap": {
      const writes = text.includes("MAP_SHARED") && text.includes("PROT_WRITE");
      const path = /, \d+<((?:\\x[0-9a-f]{2})*)>/.exec(text)?.[1];
      if (writes && path !== undefined && isData(unescaped(path))) throw unknownCall(call, unescaped(path));
      return undefined;
    }
    case "access":
      return undefined;
    default: {
      const touched = [onDescriptor, first, second].find((path) => path !== undefined && isData(path));
      if (touched !== undefined) throw unknownCall(call, touched);
      return undefined;
    }
  }
}

function unknownCall(call: string, path: string): Error {
  return new Error(`${path} is changed by ${call}, which the model of the file system does not know`);
}
