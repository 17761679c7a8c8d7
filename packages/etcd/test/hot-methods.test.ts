import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import type { Call, GrpcStatus, Method } from "@quorate/grpc";
import { hotMethods } from "../src/hot/hot-methods.ts";
import { PutRequestSchema, RangeRequestSchema } from "../src/index.ts";
import { etcdMethods, libraryMethod } from "../src/methods.ts";
import { randomFrom } from "./support/drawn-requests.ts";
import { fakeMember, type FakeMember } from "./support/fake-member.ts";

interface Answer {
  readonly code: number;
  readonly message: string;
  readonly bytes: string;
}

function ask(method: Method, request: Uint8Array): Promise<Answer> {
  assert.ok(method.kind === "unary");
  const call: Call = {
    path: method.path,
    remote: "",
    clientName: undefined,
    cancelled: false,
    metadata: () => undefined,
    binaryMetadata: () => undefined,
    remainingMs: () => undefined,
  };
  return new Promise((resolve) => {
    method.handle(call, request, ({ code, message }: GrpcStatus, response) =>
      resolve({ code, message, bytes: Buffer.from(response ?? []).toString("hex") }),
    );
  });
}

function shortWay({ admission, replica }: FakeMember): Method[] {
  return hotMethods(admission, replica);
}

function longWay({ admission, replica }: FakeMember): Method[] {
  const paths = new Set(hotMethods(admission, replica).map(({ path }) => path));
  return etcdMethods.filter(({ path }) => paths.has(path)).map((method) => libraryMethod(admission, method));
}

function find(methods: readonly Method[], name: string): Method {
  const found = methods.find(({ path }) => path.endsWith(name));
  if (found === undefined) throw new Error(`no method ${name}`);
  return found;
}

test("the short way of Put and Range answers byte for byte as the long one", async () => {
  const [ours, theirs] = [await fakeMember(), await fakeMember()];
  const [short, long] = [shortWay(ours), longWay(theirs)];
  assert.equal(short.length, long.length);
  const random = randomFrom(7);
  const pick = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const both = async <Schema extends DescMessage>(name: string, schema: Schema, request: MessageInitShape<Schema>) => {
    const bytes = toBinary(schema, create(schema, request));
    const answer = await ask(find(short, name), bytes);
    assert.deepEqual(answer, await ask(find(long, name), bytes), `${name} ${JSON.stringify(request, printable)}`);
    codes.add(answer.code);
  };
  const codes = new Set<number>();
  const keys = ["a", "b", "c", "", "d"].map((name) => Buffer.from(name));
  for (let round = 0; round < 600; round++) {
    await both("Put", PutRequestSchema, {
      key: pick(...keys),
      value: Buffer.from(pick("", "x", "y".repeat(200))),
      lease: pick(0n, 0n, 0n, 0n, 9n, -1n),
      prevKv: pick(true, false),
      ignoreValue: pick(true, false, false, false),
      ignoreLease: pick(true, false, false, false),
    });
    await both("Range", RangeRequestSchema, {
      key: pick(...keys),
      rangeEnd: Buffer.from(pick("", "", "c", "\0")),
      limit: pick(0n, 0n, 1n, -1n, 2n ** 62n),
      revision: pick(0n, 0n, 2n, 5n, -3n, 2n ** 62n),
      sortOrder: pick(0, 0, 1, 2, 3 as never),
      sortTarget: pick(0, 0, 1, 2, 3, 4, 5 as never),
      serializable: pick(true, false),
      keysOnly: pick(true, false, false),
      countOnly: pick(true, false, false),
      minModRevision: pick(0n, 0n, 3n),
      maxModRevision: pick(0n, 0n, 9n),
      minCreateRevision: pick(0n, 0n, 3n),
      maxCreateRevision: pick(0n, 0n, 9n),
    });
  }
  assert.deepEqual(
    [...codes].sort((a, b) => a - b),
    [0, 3, 5, 11],
  );
});

test("bytes that are no request are refused alike: INTERNAL, and which method could not read them", async () => {
  const member = await fakeMember();
  for (const methods of [shortWay(member), longWay(member)]) {
    for (const name of ["Put", "Range"]) {
      const answer = await ask(find(methods, name), Uint8Array.of(0x0a, 0x7f, 1));
      assert.equal(answer.code, 13);
      assert.match(answer.message, new RegExp(`^grpc: error unmarshalling request for /etcdserverpb.KV/${name}`));
    }
  }
});

function printable(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
