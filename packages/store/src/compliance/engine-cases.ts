import type { Engine, EngineRange } from "../engine.ts";
import { textOf } from "../key-text.ts";
import { bytes, close, drain, expectSame, getMany, nextPage, put, remove, write } from "./engine-calls.ts";

/** A fresh engine, and the same one opened again from what it made durable. */
export interface EngineUnderTest {
  readonly engine: Engine;
  /** Closes nothing: the engine before is closed already, or is left to crash. */
  readonly reopen: () => Promise<Engine>;
}

export interface EngineCase {
  readonly name: string;
  readonly run: (tested: EngineUnderTest) => Promise<void>;
}

const all: EngineRange = { from: new Uint8Array(0), to: undefined };
const between = (from: string, to: string): EngineRange => ({ from: bytes(from), to: bytes(to) });

const letters = ["a", "b", "c", "d", "e"].map((letter) => put(letter, letter.toUpperCase()));

async function iterated(engine: Engine, range: EngineRange, pageSize = 2): Promise<string[]> {
  const snapshot = engine.snapshot();
  const records = await drain(snapshot.iterate(range), pageSize);
  snapshot.close();
  return records;
}

export const engineCompliance: readonly EngineCase[] = [
  {
    name: "an empty engine holds nothing",
    async run({ engine }) {
      expectSame(engine.getSync(bytes("a")), undefined, "getSync");
      expectSame(await getMany(engine, ["a", "b"]), [undefined, undefined], "getMany");
      expectSame(await iterated(engine, all), [], "iteration");
    },
  },
  {
    name: "a batch is readable once it is done, in every way of reading",
    async run({ engine }) {
      await write(engine, letters);
      expectSame(textOf(engine.getSync(bytes("c")) ?? bytes("absent")), "C", "getSync");
      expectSame(await getMany(engine, ["e", "x", "a"]), ["E", undefined, "A"], "getMany");
      expectSame(await iterated(engine, all), ["a=A", "b=B", "c=C", "d=D", "e=E"], "iteration");
    },
  },
  {
    name: "an undefined value deletes, and the last write of a batch to a key counts",
    async run({ engine }) {
      await write(engine, letters);
      await write(engine, [
        remove("b"),
        put("a", "1"),
        put("a", "2"),
        put("c", "3"),
        remove("c"),
        remove("d"),
        put("d", "4"),
      ]);
      expectSame(await iterated(engine, all), ["a=2", "d=4", "e=E"], "iteration");
      expectSame(engine.getSync(bytes("b")), undefined, "getSync");
    },
  },
  {
    name: "empty values and empty batches are values and batches like others",
    async run({ engine }) {
      await write(engine, []);
      await write(engine, [put("a", "")]);
      expectSame(engine.getSync(bytes("a"))?.length, 0, "getSync");
      expectSame(await getMany(engine, ["a"]), [""], "getMany");
    },
  },
  {
    name: "keys are in the order of their unsigned bytes",
    async run({ engine }) {
      const keys = ["\xff", "\x80", "\x7f", "a", "a\0", "aa", "\0", "\0\0", "b", "\xff\xff"];
      await write(
        engine,
        keys.map((key) => put(key, "")),
      );
      const sorted = ["\0", "\0\0", "a", "a\0", "aa", "b", "\x7f", "\x80", "\xff", "\xff\xff"].map((key) => `${key}=`);
      expectSame(await iterated(engine, all, 3), sorted, "ascending");
      expectSame(await iterated(engine, { ...all, reverse: true }, 3), sorted.reverse(), "descending");
    },
  },
  {
    name: "a range includes its start and not its end",
    async run({ engine }) {
      await write(engine, letters);
      expectSame(await iterated(engine, between("b", "d")), ["b=B", "c=C"], "at keys");
      expectSame(await iterated(engine, between("aa", "dd")), ["b=B", "c=C", "d=D"], "between keys");
      expectSame(await iterated(engine, { from: bytes("d"), to: undefined }), ["d=D", "e=E"], "without end");
      expectSame(await iterated(engine, between("c", "c")), [], "empty");
      expectSame(await iterated(engine, { ...between("b", "d"), reverse: true }), ["c=C", "b=B"], "reverse");
      expectSame(
        await iterated(engine, { ...between("aa", "dd"), reverse: true }),
        ["d=D", "c=C", "b=B"],
        "reverse, between",
      );
    },
  },
  {
    name: "keysOnly leaves the values empty",
    async run({ engine }) {
      await write(engine, letters);
      expectSame(await iterated(engine, { ...between("a", "c"), keysOnly: true }), ["a=", "b="], "keys");
    },
  },
  {
    name: "pages go on where the one before ended, and an empty one is the end",
    async run({ engine }) {
      const many = Array.from({ length: 1000 }, (_, index) => put(`k${index.toString().padStart(4, "0")}`, `${index}`));
      await write(engine, many);
      const seen = await iterated(engine, all, 37);
      expectSame(seen.length, 1000, "count");
      expectSame([seen[0], seen[999]], ["k0000=0", "k0999=999"], "ends");
      const snapshot = engine.snapshot();
      const iterator = snapshot.iterate(between("k0500", "k0501"));
      expectSame((await nextPage(iterator, 10)).length, 1, "the only record");
      expectSame((await nextPage(iterator, 10)).length, 0, "the end");
      expectSame((await nextPage(iterator, 10)).length, 0, "still the end");
      iterator.close();
      snapshot.close();
    },
  },
  {
    name: "a snapshot does not see later writes, nor does an iterator of it that has begun",
    async run({ engine }) {
      await write(engine, letters);
      const snapshot = engine.snapshot();
      const iterator = snapshot.iterate(all);
      await nextPage(iterator, 1);
      await write(engine, [put("bb", "new"), remove("c"), put("d", "changed")]);
      expectSame(await drain(iterator, 10), ["b=B", "c=C", "d=D", "e=E"], "the iterator");
      expectSame(await drain(snapshot.iterate(all), 10), ["a=A", "b=B", "c=C", "d=D", "e=E"], "a later iterator");
      expectSame(await getMany(snapshot, ["bb", "c", "d"]), [undefined, "C", "D"], "getMany");
      snapshot.close();
      expectSame(await iterated(engine, all), ["a=A", "b=B", "bb=new", "d=changed", "e=E"], "the engine");
    },
  },
  {
    name: "completions never come from inside the call",
    async run({ engine }) {
      const early: string[] = [];
      const snapshot = engine.snapshot();
      const iterator = snapshot.iterate(all);
      const later = (name: string, start: (done: () => void) => void): Promise<void> =>
        new Promise((resolve) => {
          let isInside = true;
          start(() => {
            if (isInside) early.push(name);
            resolve();
          });
          isInside = false;
        });
      await later("write", (done) => engine.write(letters, done));
      await later("write of nothing", (done) => engine.write([], done));
      await later("getMany", (done) => engine.getMany([bytes("a")], done));
      await later("getMany of nothing", (done) => engine.getMany([], done));
      await later("getMany of a snapshot", (done) => snapshot.getMany([bytes("a")], done));
      await later("next", (done) => iterator.next(1, done));
      iterator.close();
      snapshot.close();
      await later("close", (done) => engine.close(done));
      expectSame(early, [], "completed from inside");
    },
  },
  {
    name: "a large batch is found whole after closing and opening again",
    async run({ engine, reopen }) {
      const value = "x".repeat(1000);
      const batch = Array.from({ length: 2000 }, (_, index) => put(`k${index.toString().padStart(4, "0")}`, value));
      await write(engine, batch);
      await write(engine, [remove("k0000"), put("k0001", "changed")]);
      await close(engine);
      const again = await reopen();
      expectSame((await iterated(again, { ...all, keysOnly: true }, 100)).length, 1999, "count");
      expectSame(await getMany(again, ["k0000", "k0001", "k1999"]), [undefined, "changed", value], "values");
      await close(again);
    },
  },
  {
    name: "a closed engine answers with the error `closed`",
    async run({ engine }) {
      await close(engine);
      const codes: (string | undefined)[] = [];
      await new Promise<void>((resolve) => {
        engine.write(letters, (error) => {
          codes.push(error?.code);
          engine.getMany([bytes("a")], (error) => {
            codes.push(error?.code);
            resolve();
          });
        });
      });
      expectSame(codes, ["closed", "closed"], "codes");
    },
  },
];
