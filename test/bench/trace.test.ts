import assert from "node:assert/strict";
import { test } from "node:test";
import type { End } from "./trace/descriptors.ts";
import { putSteps } from "./trace/put-steps.ts";
import { parseSystemCalls } from "./trace/system-calls.ts";

const leader = 1;
const ends = new Map<string, End>([
  ["1:9", { kind: "client" }],
  ["1:5", { kind: "log" }],
  ["1:7", { kind: "peer", pid: 2 }],
  ["2:7", { kind: "peer", pid: 1 }],
  ["2:5", { kind: "log" }],
]);

/** What perf prints for one put: each line has process/thread, microseconds, the call, its descriptor and its result. */
const onePut = [
  call(1, 10, 12, "read", 9, 322),
  call(1, 15, 17, "read", 9, -11),
  call(1, 40, 45, "write", 7, 352),
  call(2, 50, 60, "read", 7, 352),
  call(1, 62, 65, "write", 7, 34),
  call(1, 70, 270, "fdatasync", 5, 0),
  call(2, 90, 190, "fdatasync", 5, 0),
  call(2, 200, 205, "write", 7, 34),
  call(1, 210, 215, "read", 7, 34),
  call(1, 290, 295, "writev", 9, 51),
  call(1, 300, 305, "write", 9, 10),
];

test("the steps of a put are found in the system calls of the members", () => {
  const text = [...onePut, call(1, 400, 402, "read", 9, 322)].join("\n");
  assert.deepEqual(putSteps(parseSystemCalls(text), ends, leader), [
    {
      leaderToSend: 28,
      leaderToSync: 58,
      leaderSync: 200,
      wireThere: 20,
      followerToSync: 30,
      followerSync: 100,
      followerToSend: 10,
      wireBack: 15,
      leaderToAnswer: 30,
      inLeader: 288,
    },
  ]);
});

test("a put of which a step is missing is left out", () => {
  for (const missing of [3, 5, 6, 7, 8]) {
    const text = [...onePut.toSpliced(missing, 1), call(1, 400, 402, "read", 9, 322)].join("\n");
    assert.deepEqual(putSteps(parseSystemCalls(text), ends, leader), []);
  }
  assert.deepEqual(putSteps(parseSystemCalls(onePut.join("\n")), ends, leader), [], "the last is not complete");
});

/** As `perf script` prints a call's beginning and its end. An error is a negative number of 64 bits. */
function call(pid: number, begin: number, end: number, name: string, descriptor: number, result: number): string {
  const at = (micros: number) => `${pid}/${pid} 15752.${String(micros * 1000).padStart(9, "0")}:`;
  const hexadecimal = (value: number) => `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
  return [
    ` ${at(begin)} syscalls:sys_enter_${name}: fd: ${hexadecimal(descriptor)}, buf: 0x55b6f62404a0, count: 0x00001000`,
    ` ${at(end)}  syscalls:sys_exit_${name}: ${hexadecimal(result)}`,
  ].join("\n");
}
