import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ServiceError } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Compare_CompareResult,
  Compare_CompareTarget,
  TxnRequestSchema,
  TxnResponseSchema,
} from "../../packages/etcd/src/index.ts";
import type { TxnResponse } from "../../packages/etcd/src/index.ts";
import type { Calls, Method } from "../../packages/cli/src/client/calls.ts";
import { openCalls } from "../../packages/cli/src/client/calls.ts";
import { put, range } from "../../packages/cli/src/client/etcd-methods.ts";
import { FailureError } from "../../packages/cli/src/errors.ts";

/** How a call ended. `refused`: it was not done and never will be. `unknown`: it may be done, or be done later. */
export type Outcome<T> = { readonly kind: "done"; readonly value: T } | { readonly kind: "refused" | "unknown" };

/** What a compare-and-put did: put, or found another value (undefined: the key was absent). */
export type CompareAndPut = { readonly put: true } | { readonly put: false; readonly found: string | undefined };

/** What the loads ask of a client of one member; keys and values are text. */
export interface KeyValueClient {
  put(key: string, value: string): Promise<Outcome<true>>;
  /** A linearizable read: undefined when the key is absent. */
  read(key: string): Promise<Outcome<string | undefined>>;
  /** Puts `value` if the key holds `expected`; else reads, in the same transaction. */
  compareAndPut(key: string, expected: string, value: string): Promise<Outcome<CompareAndPut>>;
}

const txn: Method<MessageInitShape<typeof TxnRequestSchema>, TxnResponse> = {
  path: "/etcdserverpb.KV/Txn",
  readOnly: false,
  encode: (request) => toBinary(TxnRequestSchema, create(TxnRequestSchema, request)),
  decode: (bytes) => fromBinary(TxnResponseSchema, bytes),
};

/** Refusals by which a member promises that a proposal was not and never will be applied (docs/etcd-compatibility.md). */
const refusals = new Set(["etcdserver: no leader", "etcdserver: leader changed", "etcdserver: too many requests"]);

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const textOf = (value: Uint8Array | undefined) => (value === undefined ? undefined : decoder.decode(value));

/** A client of one member that tells apart what was not done and what may have been. */
export class LabClient implements KeyValueClient {
  readonly #calls: Calls;

  constructor(endpoint: string, timeoutMs: number) {
    this.#calls = openCalls([endpoint], timeoutMs);
  }

  put(key: string, value: string): Promise<Outcome<true>> {
    const request = { key: encoder.encode(key), value: encoder.encode(value) };
    return outcomeOf(this.#calls.call(put, request).then(() => true as const));
  }

  read(key: string): Promise<Outcome<string | undefined>> {
    return outcomeOf(this.#calls.call(range, { key: encoder.encode(key) }).then(({ kvs }) => textOf(kvs[0]?.value)));
  }

  compareAndPut(key: string, expected: string, value: string): Promise<Outcome<CompareAndPut>> {
    const bytes = encoder.encode(key);
    const request: MessageInitShape<typeof TxnRequestSchema> = {
      compare: [
        {
          key: bytes,
          target: Compare_CompareTarget.VALUE,
          result: Compare_CompareResult.EQUAL,
          targetUnion: { case: "value", value: encoder.encode(expected) },
        },
      ],
      success: [{ request: { case: "requestPut", value: { key: bytes, value: encoder.encode(value) } } }],
      failure: [{ request: { case: "requestRange", value: { key: bytes } } }],
    };
    return outcomeOf(this.#calls.call(txn, request).then(readAnswer));
  }

  close(): void {
    this.#calls.close();
  }
}

function readAnswer({ succeeded, responses }: TxnResponse): CompareAndPut {
  if (succeeded) return { put: true };
  const response = responses[0]?.response;
  if (response?.case !== "responseRange") throw new Error("a transaction's failure branch gave no range");
  return { put: false, found: textOf(response.value.kvs[0]?.value) };
}

async function outcomeOf<T>(call: Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: "done", value: await call };
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    return { kind: isRefusal(error) ? "refused" : "unknown" };
  }
}

function isRefusal(error: FailureError): boolean {
  // Without a cause the client found no connection, and nothing was sent.
  if (error.cause === undefined) return true;
  const { code, details } = error.cause as ServiceError;
  return code === status.INVALID_ARGUMENT || refusals.has(details);
}
