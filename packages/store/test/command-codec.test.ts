import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeCommand,
  encodeCommand,
  FormatError,
  type Operation,
  type StoreCommand,
  type TxnOperation,
} from "@quorate/store";
import { command } from "./arbitraries.ts";
import { compare, keyRange, put, range, remove, txn } from "./operation-makers.ts";

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

/** These bytes are in the logs of clusters: they must mean the same for ever. Add lines; never change one. */
const golden: readonly { readonly name: string; readonly hex: string; readonly command: StoreCommand }[] = [
  { name: "put", hex: "0100036b65790576616c7565", command: put("key", "value") },
  { name: "put of nothing", hex: "01000000", command: put("", "") },
  {
    name: "put with every option",
    hex: "010f016b00ffffffffffffffff",
    command: put("k", "", { lease: -1n, previous: true, ignoreValue: true, ignoreLease: true }),
  },
  {
    name: "put with a lease",
    hex: "0108016b01760123456789abcdef",
    command: put("k", "v", { lease: 0x0123456789abcdefn }),
  },
  { name: "delete of one key", hex: "0200016b", command: remove("k") },
  { name: "delete of a range", hex: "020301610162", command: remove("a", "b", true) },
  {
    name: "transaction",
    hex: "03011201610202010001610131020001620105000161",
    command: txn([compare("a", "mod", "less", 2)], [put("a", "1"), remove("b")], [range("a")]),
  },
  {
    name: "transaction with every compare",
    hex: "030500016101c901610162021a0161030b016101760c016100000000000000070000",
    command: txn(
      [
        compare("a", "version", "equal", 1),
        compare(keyRange("a", "b"), "create", "greater", -2),
        compare("a", "mod", "not-equal", 3),
        compare("a", "value", "greater", "v"),
        compare("a", "lease", "greater", 7n),
      ],
      [],
    ),
  },
  {
    name: "transaction with a range of every option, nested",
    hex: "03000001030001057f01610162ac0200ac02420102030400",
    command: txn(
      [],
      [],
      [
        txn(
          [],
          [
            range(keyRange("a", "b"), {
              limit: 300,
              revision: 300,
              sortOrder: "descend",
              sortTarget: "value",
              keysOnly: true,
              countOnly: true,
              minModRevision: 1,
              maxModRevision: 2,
              minCreateRevision: 3,
              maxCreateRevision: 4,
            }),
          ],
        ),
      ],
    ),
  },
  {
    name: "publish a member",
    hex: "10ac02026e31010a687474703a2f2f613a31",
    command: { type: "publish-member", member: 300, name: "n1", clientUrls: ["http://a:1"] },
  },
  { name: "compact", hex: "28ac02", command: { type: "compact", revision: 300 } },
  {
    name: "raise an alarm",
    hex: "30ffffffffffffffff01",
    command: { type: "alarm-raise", alarm: { member: 0xffff_ffff_ffff_ffffn, kind: "no-space" } },
  },
  {
    name: "disarm an alarm",
    hex: "31000000000000000702",
    command: { type: "alarm-disarm", alarm: { member: 7n, kind: "corrupt" } },
  },
  { name: "auth enable", hex: "40020102", command: { type: "auth-enable", tokenSecret: Uint8Array.of(1, 2) } },
  { name: "auth disable", hex: "41", command: { type: "auth-disable" } },
  {
    name: "user add",
    hex: "4202c3bc02246100",
    command: { type: "user-add", name: "ü", passwordHash: "$a", hasNoPassword: false },
  },
  {
    name: "user add without a password",
    hex: "4201750001",
    command: { type: "user-add", name: "u", passwordHash: "", hasNoPassword: true },
  },
  { name: "user delete", hex: "430175", command: { type: "user-delete", name: "u" } },
  {
    name: "user change password",
    hex: "440175022461",
    command: { type: "user-change-password", name: "u", passwordHash: "$a" },
  },
  { name: "user grant role", hex: "4501750172", command: { type: "user-grant-role", name: "u", role: "r" } },
  { name: "user revoke role", hex: "4601750172", command: { type: "user-revoke-role", name: "u", role: "r" } },
  { name: "role add", hex: "470172", command: { type: "role-add", name: "r" } },
  { name: "role delete", hex: "480172", command: { type: "role-delete", name: "r" } },
  {
    name: "role grant permission on a range",
    hex: "490172020161010162",
    command: {
      type: "role-grant-permission",
      name: "r",
      permission: { kind: "read-write", range: keyRange("a", "b") },
    },
  },
  {
    name: "role grant permission to write one key",
    hex: "49017201016100",
    command: { type: "role-grant-permission", name: "r", permission: { kind: "write", range: keyRange("a") } },
  },
  {
    name: "role revoke permission",
    hex: "4a01720161010162",
    command: { type: "role-revoke-permission", name: "r", range: keyRange("a", "b") },
  },
  {
    name: "a put on behalf of a user",
    hex: "600175ac020100016b0176",
    command: { type: "by-user", caller: { user: "u", authRevision: 300 }, command: put("k", "v") },
  },
  { name: "a put of a member's own", hex: "610100016b0176", command: { type: "by-member", command: put("k", "v") } },
  {
    name: "grant a lease",
    hex: "200123456789abcdefac02",
    command: { type: "lease-grant", lease: 0x0123456789abcdefn, ttl: 300 },
  },
  {
    name: "revoke a lease",
    hex: "21ffffffffffffffff",
    command: { type: "lease-revoke", lease: -1n },
  },
  {
    name: "expire leases",
    hex: "22ac020200000000000000010900000000000000020a",
    command: {
      type: "lease-expire",
      term: 300,
      leases: [
        { lease: 1n, grantedAt: 9 },
        { lease: 2n, grantedAt: 10 },
      ],
    },
  },
  {
    name: "checkpoint a lease",
    hex: "23070100000000000000010905",
    command: { type: "lease-checkpoint", term: 7, leases: [{ lease: 1n, grantedAt: 9, remaining: 5 }] },
  },
];

for (const { name, hex, command } of golden) {
  test(`the bytes of a command stay as they are: ${name}`, () => {
    assert.equal(hexOf(encodeCommand(command)), hex);
    assert.deepEqual(decodeCommand(bytesOf(hex)), command);
  });
}

test("every command comes back as it was", () => {
  fc.assert(
    fc.property(command, (drawn) => assert.deepEqual(decodeCommand(encodeCommand(drawn)), normal(drawn))),
    { numRuns: 500 },
  );
});

/** The same data in plain objects: fast-check gives some of its objects no prototype, which `deepEqual` sees. */
function normal(drawn: unknown): unknown {
  if (Array.isArray(drawn)) return drawn.map(normal);
  if (typeof drawn !== "object" || drawn === null || drawn instanceof Uint8Array) return drawn;
  return Object.fromEntries(Object.entries(drawn).map(([name, value]) => [name, normal(value)]));
}

test("garbage gives FormatError and nothing else", () => {
  const check = (bytes: Uint8Array): void => {
    try {
      decodeCommand(bytes);
    } catch (error) {
      assert.ok(error instanceof FormatError, String(error));
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), check), { numRuns: 2000 });
  fc.assert(
    fc.property(command, fc.nat(), fc.nat(255), (drawn, place, byte) => {
      const bytes = encodeCommand(drawn);
      bytes[place % bytes.length] = byte;
      check(bytes);
      check(bytes.subarray(0, place % bytes.length));
    }),
    { numRuns: 1000 },
  );
});

test("no strict beginning of a command is a command, nor one with bytes behind it", () => {
  for (const { hex } of golden) {
    const bytes = bytesOf(hex);
    for (let length = 0; length < bytes.length; length++)
      assert.throws(() => decodeCommand(bytes.subarray(0, length)), FormatError);
    assert.throws(() => decodeCommand(Uint8Array.of(...bytes, 0)), FormatError);
  }
});

const malformed: readonly [what: string, hex: string][] = [
  ["an unknown kind", "63"],
  ["a range of its own", "05000161"],
  ["unknown flags of a put", "0110016b0176"],
  ["unknown flags of a range in a transaction", "0300010580016100"],
  ["an unknown compare", "0301070161010000"],
  ["an unknown sort", "030001052001613300"],
  ["a needless byte in a length", "0100810000"],
  ["a length beyond 2^53", "0100ffffffffffffff7f00"],
  ["more compares than bytes", "03ff7f0000"],
  ["client URLs without end", "100100ffff03"],
  ["a name that is not UTF-8", "100101ff00"],
  ["a user's name that is not UTF-8", "4301ff"],
  ["an unknown permission", "49017203016100"],
  ["an unknown flag", "4201750002"],
  ["somebody on behalf of somebody", "600175016001750141"],
  ["a member on behalf of somebody", "600175016141"],
  ["a grant of lease 0", "20000000000000000001"],
  ["a lease of no seconds", "20000000000000000100"],
  ["a lease of more than 9,000,000,000 seconds", "20000000000000000181b4c4c321"],
  ["more leases than bytes", "2201ff7f"],
];

for (const [what, hex] of malformed) {
  test(`refused: ${what}`, () => assert.throws(() => decodeCommand(bytesOf(hex)), FormatError));
}

function nested(depth: number): TxnOperation {
  let operation: Operation = put("k", "v");
  for (let level = 0; level < depth; level++) operation = txn([], [operation]);
  return operation as TxnOperation;
}

test("transactions nest 128 deep and no deeper", () => {
  const deepest = encodeCommand(nested(128));
  assert.deepEqual(decodeCommand(deepest), nested(128));
  assert.throws(() => encodeCommand(nested(129)), RangeError);
  const deeper = Uint8Array.of(3, 0, 1, ...deepest, 0);
  assert.throws(() => decodeCommand(deeper), FormatError);
  assert.equal(hexOf(encodeCommand(put("a", ""))), "0100016100", "the encoder is whole after an error");
});

test("numbers beyond 2^53 are cut, and what is no integer is refused", () => {
  const cut = decodeCommand(encodeCommand(txn([compare("a", "mod", "less", 2 ** 63)], [])));
  assert.deepEqual(cut, txn([compare("a", "mod", "less", Number.MAX_SAFE_INTEGER)], []));
  assert.throws(() => encodeCommand(txn([compare("a", "mod", "less", 1.5)], [])), RangeError);
  assert.throws(() => encodeCommand(txn([], [range("a", { limit: 0.5 })])), RangeError);
});
