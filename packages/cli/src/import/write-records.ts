import type { MessageInitShape } from "@bufbuild/protobuf";
import type { KeyValue, RequestOpSchema } from "@quorate/etcd/api";
import type { Calls } from "../client/calls.ts";
import { txn } from "../client/etcd-methods.ts";
import { ContentsHash } from "./contents-hash.ts";

/** etcd's bounds of a transaction, with room for what frames a record. */
const mostOperations = 128;
const mostBytes = 1024 * 1024;
/** Transactions under way. */
const atOnce = 8;

export interface Written {
  readonly contents: ContentsHash;
  readonly bytes: number;
  /** Keys whose lease has ended: they were about to be deleted. */
  readonly ended: number;
}

export interface Writing {
  readonly calls: Calls;
  /** Of leases that keys may be attached to; undefined attaches none. */
  readonly leases: ReadonlySet<bigint> | undefined;
  readonly progress: (keys: number, bytes: number) => void;
}

/** Puts every record, in transactions of many. Each key comes once, so their order does not matter. */
export async function writeRecords(
  pages: AsyncIterable<readonly KeyValue[]>,
  { calls, leases, progress }: Writing,
): Promise<Written> {
  const contents = new ContentsHash();
  const underWay = new Set<Promise<void>>();
  let bytes = 0;
  let ended = 0;
  let failure: unknown;
  let batch: KeyValue[] = [];
  let batchBytes = 0;
  const send = async () => {
    if (batch.length === 0) return;
    const call = put(calls, batch)
      .catch((error: unknown) => (failure ??= error))
      .then(() => void underWay.delete(call));
    underWay.add(call);
    batch = [];
    batchBytes = 0;
    if (underWay.size >= atOnce) await Promise.race(underWay);
    if (failure !== undefined) throw failure;
  };
  try {
    for await (const page of pages) {
      for (const given of page) {
        const record = leases === undefined ? { ...given, lease: 0n } : given;
        if (record.lease !== 0n && leases?.has(record.lease) === false) {
          ended += 1;
          continue;
        }
        const size = record.key.length + record.value.length;
        if (batch.length === mostOperations || batchBytes + size > mostBytes) await send();
        batch.push(record);
        batchBytes += size;
        bytes += size;
        contents.add(record);
      }
      progress(contents.count, bytes);
    }
    await send();
  } finally {
    await Promise.all(underWay);
  }
  if (failure !== undefined) throw failure;
  return { contents, bytes, ended };
}

async function put(calls: Calls, records: readonly KeyValue[]): Promise<void> {
  const success = records.map(({ key, value, lease }): Operation => {
    return { request: { case: "requestPut", value: { key, value, lease } } };
  });
  await calls.call(txn, { success });
}

type Operation = MessageInitShape<typeof RequestOpSchema>;
