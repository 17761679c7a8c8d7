import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { DatabaseFile } from "../src/maintenance/bbolt/database-file.ts";
import { temporaryFolder } from "./support/single-member.ts";

/** A reader of bbolt's format of its own, which also sees that each page is used once. */
class Reader {
  readonly used = new Set<number>();
  readonly #bytes: Buffer;
  readonly pageSize: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.pageSize = bytes.readUInt32LE(16 + 8);
  }

  /** Of the meta page with the later transaction. */
  meta(): { root: number; freelist: number; pages: number } {
    const of = (page: number) => {
      const at = page * this.pageSize + 16;
      assert.equal(this.#bytes.readUInt32LE(at), 0xed0cdaed);
      assert.equal(this.#bytes.readUInt32LE(at + 4), 2);
      const number = (offset: number): number => Number(this.#bytes.readBigUInt64LE(at + offset));
      return { root: number(16), freelist: number(32), pages: number(40), txid: number(48) };
    };
    const [first, second] = [of(0), of(1)];
    assert.notEqual(first.txid, second.txid);
    return first.txid > second.txid ? first : second;
  }

  *bucket(value: Buffer): Iterable<readonly [string, number]> {
    const root = Number(value.readBigUInt64LE(0));
    if (root === 0) {
      assert.equal(value.readUInt16LE(16 + 10), 0, "only empty buckets lie in their value");
      return;
    }
    for (const { key, value: content } of this.tree(root)) yield [key.toString("hex"), content.length];
  }

  *tree(page: number): Iterable<{ key: Buffer; value: Buffer }> {
    const at = page * this.pageSize;
    assert.equal(Number(this.#bytes.readBigUInt64LE(at)), page);
    const [kind, count, overflow] = [
      this.#bytes.readUInt16LE(at + 8),
      this.#bytes.readUInt16LE(at + 10),
      this.#bytes.readUInt32LE(at + 12),
    ];
    assert.ok(count > 0);
    for (let number = page; number <= page + overflow; number++) {
      assert.ok(!this.used.has(number), `page ${number} is used twice`);
      this.used.add(number);
    }
    for (let index = 0; index < count; index++) {
      const element = at + 16 + 16 * index;
      if (kind === 2) {
        const [pos, keyBytes, valueBytes] = [4, 8, 12].map((offset) => this.#bytes.readUInt32LE(element + offset)) as [
          number,
          number,
          number,
        ];
        const key = this.#bytes.subarray(element + pos, element + pos + keyBytes);
        yield { key, value: this.#bytes.subarray(element + pos + keyBytes, element + pos + keyBytes + valueBytes) };
      } else {
        assert.equal(kind, 1);
        assert.ok(count >= 2, "a branch has two children at least");
        const [pos, keyBytes] = [this.#bytes.readUInt32LE(element), this.#bytes.readUInt32LE(element + 4)];
        const first = this.#bytes.subarray(element + pos, element + pos + keyBytes);
        let isFirst = true;
        for (const item of this.tree(Number(this.#bytes.readBigUInt64LE(element + 8)))) {
          if (isFirst) assert.deepEqual(item.key, first);
          isFirst = false;
          yield item;
        }
      }
    }
  }
}

const size = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 300 }) },
  fc.integer({ min: 3000, max: 20_000 }),
);
const contents = fc.array(size, { maxLength: 400, size: "max" });

test("what is written is found again in its order, over pages, branches and overflows, and no page is used twice or lost", async (context) => {
  const folder = temporaryFolder(context);
  let files = 0;
  const property = fc.asyncProperty(
    contents,
    contents,
    fc.integer({ min: 4, max: 600 }),
    async (one, two, keyBytes) => {
      const path = join(folder, `${files++}.db`);
      const file = await DatabaseFile.make(path);
      const items = (sizes: readonly number[]) =>
        sizes.map((bytes, at) => {
          const key = Buffer.alloc(keyBytes);
          key.writeUInt32BE(at);
          return { key, value: Buffer.alloc(bytes, 0x55), isBucket: false };
        });
      await file.bucket("a", items(one));
      await file.bucket("b", []);
      await file.bucket("c", items(two));
      const bytes = await file.finish();
      await file.close();
      const written = readFileSync(path);
      assert.equal(written.length, bytes);
      const reader = new Reader(written);
      const { root, freelist, pages } = reader.meta();
      assert.equal(pages * reader.pageSize, bytes);
      const buckets = [...reader.tree(root)];
      assert.deepEqual(
        buckets.map(({ key }) => key.toString()),
        ["a", "b", "c"],
      );
      const expected = [one, [], two].map((sizes) =>
        items(sizes).map(({ key, value }) => [key.toString("hex"), value.length]),
      );
      assert.deepEqual(
        buckets.map(({ value }) => Array.from(reader.bucket(value))),
        expected,
      );
      assert.deepEqual(
        [...reader.used, 0, 1, freelist].sort((left, right) => left - right),
        Array.from({ length: pages }, (_, page) => page),
      );
    },
  );
  await fc.assert(property, { numRuns: 25 });
});

test("keys out of order are a mistake that is noticed", async (context) => {
  const file = await DatabaseFile.make(join(temporaryFolder(context), "db"));
  context.after(() => file.close());
  const item = (key: string) => ({ key: Buffer.from(key), value: Buffer.alloc(0), isBucket: false });
  await assert.rejects(file.bucket("a", [item("b"), item("a")]), /out of order/);
  await assert.rejects(file.bucket("a", [item("b"), item("b")]), /out of order/);
});
