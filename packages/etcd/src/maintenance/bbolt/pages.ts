/**
 * Pages of a bbolt file (version 2 of its format), as etcd 3.4 to 3.6 read it. Numbers are little-endian; the page size is written in
 * the file, so that it need not be that of the machine that reads it.
 */
export const pageSize = 4096;

const headerBytes = 16;
/** Of an element of a leaf or a branch, before the keys and values that follow all elements. */
export const elementBytes = 16;
export const emptyPageBytes = headerBytes;
/** The count of a page has 16 bits, of which the last value means something else. */
export const mostElements = 0xfffe;

const flags = { branch: 0x01, leaf: 0x02, meta: 0x04, freelist: 0x10 } as const;
const bucketFlag = 1;

export interface LeafItem {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly isBucket: boolean;
}

export interface BranchItem {
  readonly key: Uint8Array;
  readonly page: number;
}

export function leafBytes({ key, value }: LeafItem): number {
  return elementBytes + key.length + value.length;
}

export function branchBytes({ key }: BranchItem): number {
  return elementBytes + key.length;
}

/** A leaf, over several pages where an item is larger than one. */
export function leafPage(id: number, items: readonly LeafItem[]): Buffer {
  const page = pageOf(
    id,
    flags.leaf,
    items.length,
    items.reduce((sum, item) => sum + leafBytes(item), 0),
  );
  let data = headerBytes + elementBytes * items.length;
  for (const [index, { key, value, isBucket }] of items.entries()) {
    const element = headerBytes + elementBytes * index;
    page.writeUInt32LE(isBucket ? bucketFlag : 0, element);
    page.writeUInt32LE(data - element, element + 4);
    page.writeUInt32LE(key.length, element + 8);
    page.writeUInt32LE(value.length, element + 12);
    page.set(key, data);
    page.set(value, data + key.length);
    data += key.length + value.length;
  }
  return page;
}

export function branchPage(id: number, items: readonly BranchItem[]): Buffer {
  const page = pageOf(
    id,
    flags.branch,
    items.length,
    items.reduce((sum, item) => sum + branchBytes(item), 0),
  );
  let data = headerBytes + elementBytes * items.length;
  for (const [index, { key, page: child }] of items.entries()) {
    const element = headerBytes + elementBytes * index;
    page.writeUInt32LE(data - element, element);
    page.writeUInt32LE(key.length, element + 4);
    page.writeBigUInt64LE(BigInt(child), element + 8);
    page.set(key, data);
    data += key.length;
  }
  return page;
}

/** No page is free. */
export function freelistPage(id: number): Buffer {
  return pageOf(id, flags.freelist, 0, 0);
}

/** How a bucket stands in the one above it: where its tree begins. */
export function bucketValue(rootPage: number): Uint8Array {
  const value = Buffer.alloc(16);
  value.writeBigUInt64LE(BigInt(rootPage));
  return value;
}

/** An empty bucket is a leaf without elements, within the value. */
export const emptyBucketValue: Uint8Array = Buffer.concat([bucketValue(0), leafPage(0, []).subarray(0, headerBytes)]);

const magic = 0xed0cdaed;
const version = 2;

/** Of the two, bbolt takes the one with the later transaction, and writes the next where the other is. */
export function metaPage(
  id: 0 | 1,
  parts: { readonly root: number; readonly freelist: number; readonly pages: number },
): Buffer {
  const page = pageOf(id, flags.meta, 0, 0);
  const meta = page.subarray(headerBytes);
  meta.writeUInt32LE(magic, 0);
  meta.writeUInt32LE(version, 4);
  meta.writeUInt32LE(pageSize, 8);
  meta.writeBigUInt64LE(BigInt(parts.root), 16);
  meta.writeBigUInt64LE(BigInt(parts.freelist), 32);
  meta.writeBigUInt64LE(BigInt(parts.pages), 40);
  meta.writeBigUInt64LE(id === 0 ? 2n : 1n, 48);
  meta.writeBigUInt64LE(fnv1a(meta.subarray(0, 56)), 56);
  return page;
}

function pageOf(id: number, kind: number, count: number, contentBytes: number): Buffer {
  const pages = Math.max(1, Math.ceil((headerBytes + contentBytes) / pageSize));
  const page = Buffer.alloc(pages * pageSize);
  page.writeBigUInt64LE(BigInt(id), 0);
  page.writeUInt16LE(kind, 8);
  page.writeUInt16LE(count, 10);
  page.writeUInt32LE(pages - 1, 12);
  return page;
}

/** FNV-1a, 64 bits. */
function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
