import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import type { KeyValue } from "@quorate/etcd";
import { KeyValueSchema, MemberSchema, RangeResponseSchema, StatusResponseSchema } from "@quorate/etcd";
import { chooseEndpoints, parseEndpoints } from "../src/client/endpoints.ts";
import type { MemberStatus } from "../src/client/print.ts";
import { formatRecords, formatStatus, rangeJson, statusToJson } from "../src/client/print.ts";
import { bytesOfArgument, endOfPrefix, textOfBytes } from "../src/client/text-and-bytes.ts";
import { UsageError } from "../src/errors.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

function record(key: Uint8Array, value: Uint8Array): KeyValue {
  return create(KeyValueSchema, {
    key,
    value,
    createRevision: 2n,
    modRevision: 5n,
    version: 3n,
    lease: 2n ** 62n,
  });
}

test("endpoints are host:port, with or without http://, and with https:// where TLS is wanted", () => {
  assert.deepEqual(parseEndpoints("127.0.0.1:2379, http://db.example:2379/,[::1]:2379,https://db.example:2379/"), [
    "127.0.0.1:2379",
    "db.example:2379",
    "[::1]:2379",
    "https://db.example:2379",
  ]);
  for (const bad of ["", "a", "a:", "a:0", "a:70000", "a:b", "http://a:1/x", "a:1,", "a b:1"]) {
    assert.throws(() => parseEndpoints(bad), UsageError, bad);
  }
});

test("endpoints come from the flag, then the environment, then the default", () => {
  const environment = { QUORATE_ENDPOINTS: "q:1", ETCDCTL_ENDPOINTS: "e:1" };
  assert.deepEqual(chooseEndpoints("f:1", environment), ["f:1"]);
  assert.deepEqual(chooseEndpoints(undefined, environment), ["q:1"]);
  assert.deepEqual(chooseEndpoints(undefined, { ...environment, QUORATE_ENDPOINTS: "" }), ["e:1"]);
  assert.deepEqual(chooseEndpoints(undefined, {}), ["127.0.0.1:2379"]);
});

test("the end of a prefix is the first key after everything that begins with it", () => {
  assert.deepEqual(endOfPrefix(bytes(0x61)), bytes(0x62));
  assert.deepEqual(endOfPrefix(bytes(0x61, 0xff, 0xff)), bytes(0x62));
  assert.deepEqual(endOfPrefix(bytes(0xff, 0xff)), bytes(0));
  const buffer = Buffer.from("a");
  assert.deepEqual([endOfPrefix(buffer), buffer.toString()], [bytes(0x62), "a"]);
});

test("arguments are UTF-8 text, or hexadecimal when asked", () => {
  assert.deepEqual(bytesOfArgument("é", false), bytes(0xc3, 0xa9));
  assert.deepEqual(bytesOfArgument("00fF", true), bytes(0, 255));
  for (const bad of ["0", "0g", "0x00"]) assert.throws(() => bytesOfArgument(bad, true), UsageError);
  assert.equal(textOfBytes(bytes(0xff)), undefined);
});

test("records are printed as etcdctl prints them; bytes that are no text are hexadecimal", () => {
  const records = [record(bytes(0x61), bytes(0x62)), record(bytes(0xff), bytes())];
  assert.equal(formatRecords(records, false), "a\nb\n0xff\n\n");
  assert.equal(formatRecords(records, true), "61\n62\nff\n\n");
});

test("JSON keeps bytes and 63-bit leases exact", () => {
  const answer = create(RangeResponseSchema, {
    header: { revision: 9n },
    count: 2n,
    more: true,
    kvs: [record(bytes(0x61), bytes(0xff))],
  });
  assert.deepEqual(rangeJson(answer, false), {
    revision: 9,
    count: 2,
    more: true,
    kvs: [{ key: "a", valueHex: "ff", createRevision: 2, modRevision: 5, version: 3, lease: "4000000000000000" }],
  });
  assert.match(JSON.stringify(rangeJson(answer, true)), /"keyHex":"61"/);
});

test("status shows members that answer and those that do not", () => {
  const member = (name: string, ID: bigint) => create(MemberSchema, { ID, name, clientURLs: [`http://${name}:1`] });
  const answered: MemberStatus = {
    member: member("a", 0x1fn),
    status: create(StatusResponseSchema, {
      header: { memberId: 0x1fn, revision: 50n },
      leader: 0x1fn,
      version: "3.6.0",
      raftTerm: 4n,
      raftIndex: 100n,
      raftAppliedIndex: 99n,
      dbSize: 2_500_000n,
      errors: ["slow disk"],
    }),
    problem: undefined,
  };
  const silent: MemberStatus = { member: member("b", 2n), status: undefined, problem: "no connection" };
  assert.equal(
    formatStatus([answered, silent]),
    [
      "MEMBER  ID  ROLE         TERM  INDEX  APPLIED  REVISION  DB SIZE  VERSION  CLIENTS",
      "a       1f  leader       4     100    99       50        2.4 MiB  3.6.0    http://a:1",
      "b       2   unreachable  -     -      -        -         -        -        http://b:1",
      "a: slow disk",
      "b: no connection",
      "",
    ].join("\n"),
  );
  const json = JSON.parse(statusToJson([answered, silent])) as { reachable: boolean; role?: string }[];
  assert.deepEqual(
    json.map(({ reachable, role }) => [reachable, role]),
    [
      [true, "leader"],
      [false, undefined],
    ],
  );
});
