import { open, type FileHandle } from "node:fs/promises";
import { BucketTree, type PageSink } from "./bucket-tree.ts";
import { bucketValue, emptyBucketValue, freelistPage, metaPage, pageSize, type LeafItem } from "./pages.ts";

/** Pages that are finished and not yet written, in bytes, before whoever makes more should wait for `flush`. */
const pendingBytes = 1024 * 1024;

/** After the two meta pages and the list of free pages. */
const firstDataPage = 3;
const freelist = 2;

/** A new bbolt file with a few buckets of its own, each written as its keys come, in the order of their bytes. */
export class DatabaseFile implements PageSink {
  readonly #file: FileHandle;
  readonly #buckets: LeafItem[] = [];
  #next = firstDataPage;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #written = firstDataPage;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Makes the file, which must not exist. */
  static async make(path: string): Promise<DatabaseFile> {
    return new DatabaseFile(await open(path, "wx+", 0o600));
  }

  get next(): number {
    return this.#next;
  }

  append(page: Buffer): void {
    this.#pending.push(page);
    this.#pendingBytes += page.length;
    this.#next += page.length / pageSize;
  }

  /** Buckets come in the order of their names. */
  async bucket(name: string, items: AsyncIterable<LeafItem> | Iterable<LeafItem>): Promise<void> {
    const tree = new BucketTree(this);
    for await (const item of items) {
      tree.add(item);
      if (this.#pendingBytes > pendingBytes) await this.#flush();
    }
    const root = tree.finish();
    await this.#flush();
    const value = root === undefined ? emptyBucketValue : bucketValue(root);
    this.#buckets.push({ key: Buffer.from(name), value, isBucket: true });
  }

  /** The file is whole; gives its size in bytes. */
  async finish(): Promise<number> {
    const tree = new BucketTree(this);
    for (const bucket of this.#buckets) tree.add(bucket);
    const root = tree.finish();
    if (root === undefined) throw new RangeError("a database without buckets");
    await this.#flush();
    const parts = { root, freelist, pages: this.#next };
    const head = Buffer.concat([metaPage(0, parts), metaPage(1, parts), freelistPage(freelist)]);
    await writeAll(this.#file, head, 0);
    return this.#next * pageSize;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Bytes of the finished file. */
  async read(position: number, bytes: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(bytes);
    for (let at = 0; at < bytes; ) {
      const { bytesRead } = await this.#file.read(buffer, at, bytes - at, position + at);
      if (bytesRead === 0) throw new RangeError(`the file ends before byte ${position + bytes}`);
      at += bytesRead;
    }
    return buffer;
  }

  async #flush(): Promise<void> {
    const pages = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    await writeAll(this.#file, pages, this.#written * pageSize);
    this.#written = this.#next;
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
