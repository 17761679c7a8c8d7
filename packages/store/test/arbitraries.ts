import fc from "fast-check";
import {
  sortTargets,
  type Compare,
  type KeyRange,
  type LeaseCommand,
  type Operation,
  type PutOperation,
  type RangeOperation,
  type TxnOperation,
} from "@quorate/store";
import type { ModelledCommand } from "./naive-model.ts";

/** Few keys, so that they meet; zero bytes and 0xff among them, since keys are any bytes. */
export const key = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .constantFrom("a", "b", "c", "d", "e", "aa", "ab", "b\0", "b\0\0", "b\x01")
      .map((text) => Uint8Array.from(Buffer.from(text))),
  },
  { weight: 3, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 2 }) },
);

const end = fc.oneof(fc.constant(undefined), key, fc.constant(Uint8Array.of(0)), fc.constant(Uint8Array.of(0xff)));
export const keyRange: fc.Arbitrary<KeyRange> = fc.record({ key, end });

const value = fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ minLength: 200, maxLength: 300 }));
const often = (percent: number): fc.Arbitrary<boolean> =>
  fc.integer({ min: 0, max: 99 }).map((drawn) => drawn < percent);
const smallRevision = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 20 }) },
);

/** Few of them, so that they come and go and come again. */
export const lease = fc.constantFrom(1n, 2n, -3n, 2n ** 63n - 1n);

/** 0 stands for where the lease was granted, which a model puts in its place. */
const grantedAt = fc.constantFrom(0, 0, 0, 1, 5);
const leaseTerm = fc.constantFrom(1, 1, 1, 2);

export const leaseCommand: fc.Arbitrary<LeaseCommand> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("lease-grant" as const),
      lease,
      ttl: fc.constantFrom(1, 60, 9_000_000_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("lease-revoke" as const), lease }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("lease-expire" as const),
      term: leaseTerm,
      leases: fc.array(fc.record({ lease, grantedAt }), { maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("lease-checkpoint" as const),
      term: leaseTerm,
      leases: fc.array(fc.record({ lease, grantedAt, remaining: fc.integer({ min: 1, max: 60 }) }), { maxLength: 3 }),
    }),
  },
);

export const put: fc.Arbitrary<PutOperation> = fc.record({
  type: fc.constant("put" as const),
  key,
  value,
  lease: fc.oneof({ weight: 4, arbitrary: fc.constant(0n) }, { weight: 3, arbitrary: lease }),
  previous: fc.boolean(),
  ignoreValue: often(10),
  ignoreLease: often(10),
});

export const deleteRange = fc.record({
  type: fc.constant("delete-range" as const),
  range: keyRange,
  previous: fc.boolean(),
});

export const rangeAt = (revision: fc.Arbitrary<number>): fc.Arbitrary<RangeOperation> =>
  fc.record({
    type: fc.constant("range" as const),
    range: keyRange,
    limit: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4 })),
    revision,
    sortOrder: fc.oneof(
      { weight: 2, arbitrary: fc.constant("none" as const) },
      { weight: 1, arbitrary: fc.constantFrom("ascend" as const, "descend" as const) },
    ),
    sortTarget: fc.oneof(
      { weight: 2, arbitrary: fc.constant("key" as const) },
      { weight: 2, arbitrary: fc.constantFrom(...sortTargets) },
    ),
    keysOnly: often(20),
    countOnly: often(20),
    minModRevision: smallRevision,
    maxModRevision: smallRevision,
    minCreateRevision: smallRevision,
    maxCreateRevision: smallRevision,
  });

export const range = rangeAt(
  fc.oneof(
    { weight: 10, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 12 }) },
    { weight: 1, arbitrary: fc.constantFrom(-1, 1_000_000) },
  ),
);

const relation = fc.constantFrom("equal" as const, "greater" as const, "less" as const, "not-equal" as const);

export const compare: fc.Arbitrary<Compare> = fc.record({
  range: keyRange,
  relation,
  target: fc.oneof(
    fc.record({
      kind: fc.constantFrom("version" as const, "create" as const, "mod" as const),
      operand: fc.integer({ min: -1, max: 12 }),
    }),
    fc.record({ kind: fc.constant("value" as const), operand: value }),
    fc.record({ kind: fc.constant("lease" as const), operand: fc.constantFrom(0n, 1n, 2n, -1n) }),
  ),
});

const { txnOperation } = fc.letrec<{ operation: Operation; txnOperation: TxnOperation }>((tie) => ({
  operation: fc.oneof({ depthSize: "small", withCrossShrink: true }, put, deleteRange, range, tie("txnOperation")),
  txnOperation: fc.record({
    type: fc.constant("txn" as const),
    compare: fc.array(compare, { maxLength: 2 }),
    success: fc.array(tie("operation"), { maxLength: 4 }),
    failure: fc.array(tie("operation"), { maxLength: 3 }),
  }),
}));
export const txn = txnOperation;

export const publish: fc.Arbitrary<ModelledCommand> = fc.record({
  type: fc.constant("publish-member" as const),
  member: fc.integer({ min: 1, max: 3 }),
  name: fc.string({ unit: "grapheme", maxLength: 6 }),
  clientUrls: fc.array(fc.webUrl(), { maxLength: 2 }),
});

export const compact = fc.record({ type: fc.constant("compact" as const), revision: fc.integer({ min: 1, max: 40 }) });

export const command: fc.Arbitrary<ModelledCommand> = fc.oneof(
  { weight: 6, arbitrary: put },
  { weight: 2, arbitrary: deleteRange },
  { weight: 5, arbitrary: txn },
  { weight: 1, arbitrary: publish },
  { weight: 4, arbitrary: leaseCommand },
  { weight: 1, arbitrary: compact },
);
