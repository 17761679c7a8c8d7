import { create, toBinary } from "@bufbuild/protobuf";
import { Compare_CompareResult, Compare_CompareTarget, TxnRequestSchema } from "@quorate/etcd";
import { put, range } from "../../packages/cli/src/client/etcd-methods.ts";

/** What is asked again and again. */
export interface Operation {
  /** For `--only`. */
  readonly id: string;
  readonly title: string;
  /** "/etcdserverpb.KV/Put" */
  readonly path: string;
  /** The request message, without gRPC's prefix. */
  readonly message: Uint8Array;
  /** Where the key of each request gets a number of its own; undefined when all requests are the same. */
  readonly number?: KeyNumber;
  /** By how much each success moves the revision of the store. */
  readonly revisions: 0 | 1;
}

/** Decimal digits in a message that each request overwrites, with a random number from 0 to `keys` - 1. */
export interface KeyNumber {
  readonly offset: number;
  readonly digits: number;
  readonly keys: number;
}

export const valueBytes = 256;
const manyKeys = 100_000;
const value = new Uint8Array(valueBytes).fill(0x76);
const key = utf8("bench-key");
const numbered = utf8("bench-key-00000000");
const transactionKeys = [0, 1, 2, 3].map((index) => utf8(`bench-transaction-${index}`));

/** What the operations read must be there first: these are put once. */
export const seeds = [key, ...transactionKeys].map((one) => ({ key: one, value }));

export const operations: readonly Operation[] = [
  { id: "put", title: "put, one key", path: put.path, message: put.encode({ key, value }), revisions: 1 },
  putToManyKeys(),
  {
    id: "read",
    title: "read, linearizable",
    path: range.path,
    message: range.encode({ key, serializable: false }),
    revisions: 0,
  },
  {
    id: "serializable-read",
    title: "read, serializable",
    path: range.path,
    message: range.encode({ key, serializable: true }),
    revisions: 0,
  },
  {
    id: "transaction",
    title: "transaction, 4 puts + 4 reads",
    path: "/etcdserverpb.KV/Txn",
    message: transaction(),
    revisions: 1,
  },
];

function putToManyKeys(): Operation {
  const digits = 8;
  const message = put.encode({ key: numbered, value });
  const offset = Buffer.from(message).indexOf("00000000");
  return {
    id: "put-many-keys",
    title: `put, ${manyKeys.toLocaleString("en")} keys`,
    path: put.path,
    message,
    number: { offset, digits, keys: manyKeys },
    revisions: 1,
  };
}

/** If the first key exists: four puts, then reads of the four keys. */
function transaction(): Uint8Array {
  const [first] = transactionKeys;
  if (first === undefined) throw new Error("a transaction has keys");
  return toBinary(
    TxnRequestSchema,
    create(TxnRequestSchema, {
      compare: [
        {
          key: first,
          target: Compare_CompareTarget.VERSION,
          result: Compare_CompareResult.GREATER,
          targetUnion: { case: "version", value: 0n },
        },
      ],
      success: [
        ...transactionKeys.map((one) => ({ request: { case: "requestPut" as const, value: { key: one, value } } })),
        ...transactionKeys.map((one) => ({ request: { case: "requestRange" as const, value: { key: one } } })),
      ],
    }),
  );
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
