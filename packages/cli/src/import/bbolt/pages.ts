import type { FileHandle } from "node:fs/promises";
import { FailureError } from "../../errors.ts";

// The file format of bbolt, etcd's database: a B+tree of pages, in which a bucket is a tree of its own. All numbers are
// little-endian. Only what reading needs.

/** A page with what overflows into those after it. */
export interface Page {
  readonly kind: "branch" | "leaf";
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly key: Buffer;
  /** Of a leaf; of a bucket's entry its header. */
  readonly value: Buffer;
  readonly isBucket: boolean;
  /** Of a branch: where the pages are whose keys begin with this one. */
  readonly child: bigint;
}

const headerBytes = 16;
const elementBytes = 16;
const branchFlag = 1;
const leafFlag = 2;
const metaFlag = 4;
const magic = 0xed0cdaed;
const formatVersion = 2;
/** More than any file has: beyond it an offset would not be exact. */
const mostPages = 2n ** 36n;
/** Larger than any value that etcd takes, many times. */
const mostPageBytes = 256 * 1024 * 1024;

/** An open file of bbolt's format. */
export class PageFile {
  readonly #file: FileHandle;
  readonly #pageSize: number;
  readonly rootPage: bigint;
  /** How many the file has room for. */
  readonly pageCount: number;

  private constructor(file: FileHandle, size: number, { pageSize, root }: Meta) {
    this.#file = file;
    this.#pageSize = pageSize;
    this.rootPage = root;
    this.pageCount = Math.ceil(size / pageSize);
  }

  /** Fails with `FailureError` when it is no file of bbolt's, or its beginning is damaged. */
  static async open(file: FileHandle): Promise<PageFile> {
    const first = await readAt(file, 0, 4096);
    const metas = [readMeta(first)];
    // The second copy lies a page further on, and the page size is said by the first; where that is damaged, it is tried.
    for (const size of metas[0] === undefined ? [4096, 8192, 16_384, 65_536] : [metas[0].pageSize]) {
      metas.push(readMeta(await readAt(file, size, 4096).catch(() => Buffer.alloc(0))));
    }
    const [newest] = metas
      .filter((meta) => meta !== undefined)
      .toSorted((left, right) => (left.id < right.id ? 1 : -1));
    if (newest === undefined) throw damaged("it does not begin as etcd's database files do");
    return new PageFile(file, (await file.stat()).size, newest);
  }

  async page(id: bigint): Promise<Page> {
    if (id > mostPages) throw damaged("its tree leads out of the file");
    const offset = Number(id) * this.#pageSize;
    const header = await readAt(this.#file, offset, headerBytes);
    const bytes = (header.readUInt32LE(12) + 1) * this.#pageSize;
    if (header.readBigUInt64LE(0) !== id) throw damaged(`page ${id} says that it is another one`);
    if (bytes > mostPageBytes) throw damaged(`page ${id} is too large`);
    return readPage(await readAt(this.#file, offset, bytes));
  }
}

/** Also of a page that lies within a bucket's entry. */
export function readPage(bytes: Buffer): Page {
  if (bytes.length < headerBytes) throw damaged("a page is too short");
  const flags = bytes.readUInt16LE(8);
  const count = bytes.readUInt16LE(10);
  const kind = (flags & leafFlag) !== 0 ? "leaf" : "branch";
  if ((flags & (leafFlag | branchFlag)) === 0) throw damaged("a page of the tree is of another kind");
  const entries = Array.from({ length: count }, (_, index) =>
    readEntry(bytes, headerBytes + index * elementBytes, kind),
  );
  return { kind, entries };
}

function readEntry(bytes: Buffer, at: number, kind: Page["kind"]): Entry {
  if (at + elementBytes > bytes.length) throw damaged("an entry lies outside its page");
  const isLeaf = kind === "leaf";
  const position = at + bytes.readUInt32LE(isLeaf ? at + 4 : at);
  const keyEnd = position + bytes.readUInt32LE(isLeaf ? at + 8 : at + 4);
  const end = keyEnd + (isLeaf ? bytes.readUInt32LE(at + 12) : 0);
  if (end > bytes.length) throw damaged("an entry lies outside its page");
  return {
    key: bytes.subarray(position, keyEnd),
    value: bytes.subarray(keyEnd, end),
    isBucket: isLeaf && (bytes.readUInt32LE(at) & 1) !== 0,
    child: isLeaf ? 0n : bytes.readBigUInt64LE(at + 8),
  };
}

interface Meta {
  readonly pageSize: number;
  /** Where the bucket of buckets begins. */
  readonly root: bigint;
  /** Of the last transaction: the newer of the two counts. */
  readonly id: bigint;
}

function readMeta(bytes: Buffer): Meta | undefined {
  const end = headerBytes + 64;
  if (bytes.length < end || (bytes.readUInt16LE(8) & metaFlag) === 0) return undefined;
  const meta = bytes.subarray(headerBytes, end);
  const pageSize = meta.readUInt32LE(8);
  const sound =
    meta.readUInt32LE(0) === magic &&
    meta.readUInt32LE(4) === formatVersion &&
    meta.readBigUInt64LE(56) === fnv64a(meta.subarray(0, 56)) &&
    pageSize >= 1024;
  return sound ? { pageSize, root: meta.readBigUInt64LE(16), id: meta.readBigUInt64LE(48) } : undefined;
}

function fnv64a(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, offset);
  if (bytesRead < length) throw damaged("it ends too early");
  return bytes;
}

export function damaged(what: string): FailureError {
  return new FailureError(`This is no sound snapshot of etcd: ${what}.`);
}
