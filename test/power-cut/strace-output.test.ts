import assert from "node:assert/strict";
import { test } from "node:test";
import { readStraceOutput, UncertainRecordingError } from "./strace-output.ts";

const folder = "/f";

/** As strace writes it with `-xx`. */
const hex = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
const read = (lines: readonly string[]) => readStraceOutput(Buffer.from(`${lines.join("\n")}\n`), folder, ["m1"]);

test("whole lines become operations, with their bytes", () => {
  const { operations, bytes, moments } = read([
    `10 mkdir("${hex("/f/m1")}", 0700) = 0`,
    `10 openat(AT_FDCWD<${hex("/")}>, "${hex("/f/m1/a")}", O_RDWR|O_CREAT|O_EXCL, 0600) = 5<${hex("/f/m1/a")}>`,
    `10 pwrite64(5<${hex("/f/m1/a")}>, "${hex("abc")}", 3, 4096) = 3`,
    `10 write(5<${hex("/f/m1/a")}>, "${hex("de")}", 2) = 2`,
    `10 fdatasync(5<${hex("/f/m1/a")}>) = 0`,
    `10 rename("${hex("/f/m1/a")}", "${hex("/f/m1/b")}") = 0`,
    `10 unlink("${hex("/f/m1/c")}") = -1 ENOENT (No such file or directory)`,
    `10 unlink("${hex("/elsewhere")}") = 0`,
    `10 +++ exited with 0 +++`,
  ]);
  assert.deepEqual(operations, [
    { kind: "mkdir", path: "/f/m1" },
    { kind: "open", path: "/f/m1/a", create: true, truncate: false },
    { kind: "write", path: "/f/m1/a", offset: 4096, at: 0, length: 3 },
    { kind: "write", path: "/f/m1/a", offset: undefined, at: 3, length: 2 },
    { kind: "sync", path: "/f/m1/a" },
    { kind: "rename", path: "/f/m1/a", to: "/f/m1/b" },
  ]);
  assert.equal(Buffer.from(bytes).toString(), "abcde");
  assert.equal(moments.length, 12);
});

test("a sync ends where its line is resumed, not where it began", () => {
  const { operations, moments } = read([
    `10 fdatasync(5<${hex("/f/m1/a")}> <unfinished ...>`,
    `11 pwrite64(5<${hex("/f/m1/a")}>, "${hex("abc")}", 3, 0 <unfinished ...>`,
    `10 <... fdatasync resumed>) = 0`,
    `11 <... pwrite64 resumed>) = 3`,
  ]);
  assert.deepEqual(
    operations.map(({ kind }) => kind),
    ["sync", "write"],
  );
  assert.deepEqual(moments, [0, 2, 1, 3]);
});

test("a call in which the process was killed never returns", () => {
  const { moments } = read([
    `10 fdatasync(5<${hex("/f/m1/a")}> <unfinished ...>`,
    `10 <... fdatasync resumed>) = ?`,
    `11 pwrite64(5<${hex("/f/m1/a")}>, "${hex("abc")}", 3, 0) = ?`,
    `10 +++ killed by SIGKILL +++`,
  ]);
  assert.deepEqual(moments, [0, 2]);
});

test("a write that a fatal signal broke off never returns either; one that failed says how", () => {
  const begun = `10 pwrite64(5<${hex("/f/m1/a")}>, "${hex("abc")}", 3, 0 <unfinished ...>`;
  const killed = read([begun, `10 <... pwrite64 resumed>) = -1 EINTR (Interrupted system call)`]);
  assert.deepEqual([killed.operations.length, killed.moments], [1, [0]]);
  const lost = read([`10 write(5<${hex("/f/m1/a")}>, "${hex("abc")}", 3 <detached ...>`]);
  assert.deepEqual([lost.operations.length, lost.moments], [1, [0]]);
  assert.throws(() => read([begun, `10 <... pwrite64 resumed>) = -1 EIO (Input/output error)`]), /-1 EIO/);
});

test("a process that was killed while it changed a name, or wrote what nobody saw, makes the recording useless", () => {
  assert.throws(() => read([`10 unlink("${hex("/f/m1/a")}") = ?`]), UncertainRecordingError);
  assert.throws(
    () => read([`10 rename("${hex("/f/m1/a")}", "${hex("/f/m1/b")}" <unfinished ...>`, `10 <... rename resumed>) = ?`]),
    UncertainRecordingError,
  );
  assert.equal(read([`10 unlink("${hex("/elsewhere")}") = ?`]).operations.length, 0);
  const unreadable = `10 write(5<${hex("/f/m1/a")}>, 0x7f0011223344, 4096 <unfinished ...>`;
  assert.throws(() => read([unreadable, `11 unlink("${hex("/f/m1/b")}") = 0`]), UncertainRecordingError);
});

test("marks of clients stand in the order of the operations", () => {
  const { operations } = read([
    `12 access("${hex("/f/marks-of-clients/ask/7")}", F_OK) = -1 ENOENT (No such file or directory)`,
    `12 access("${hex("/f/marks-of-clients/acknowledged/7/42")}", F_OK <unfinished ...>`,
    `12 <... access resumed>) = -1 ENOENT (No such file or directory)`,
  ]);
  assert.deepEqual(operations, [
    { kind: "ask", id: 7 },
    { kind: "acknowledged", id: 7, revision: 42 },
  ]);
});

test("a call that the model does not know ends the reading, and so does a write that strace has shortened", () => {
  assert.throws(() => read([`10 fallocate(5<${hex("/f/m1/a")}>, 0, 0, 4096) = 0`]), /fallocate/);
  assert.throws(
    () => read([`10 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 5<${hex("/f/m1/a")}>, 0) = 0x7f`]),
    /mmap/,
  );
  assert.throws(() => read([`10 write(5<${hex("/f/m1/a")}>, "${hex("ab")}"..., 3) = 3`]), /strace has cut/);
});

test("of a short write only what was written counts", () => {
  const { operations } = read([
    `10 write(5<${hex("/f/m1/a")}>, "${hex("abc")}", 3) = 2`,
    `10 pwrite64(5<${hex("/f/m1/a")}>, "${hex("abc")}", 3, 7 <unfinished ...>`,
    `10 <... pwrite64 resumed>) = 1`,
  ]);
  assert.deepEqual(operations, [
    { kind: "write", path: "/f/m1/a", offset: undefined, at: 0, length: 2 },
    { kind: "write", path: "/f/m1/a", offset: 7, at: 3, length: 1 },
  ]);
});
