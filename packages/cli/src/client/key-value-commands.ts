import { DeleteRangeResponseSchema, PutResponseSchema, RangeResponseSchema } from "@quorate/etcd/api";
import { exitCodes, UsageError } from "../errors.ts";
import { deleteRange, put } from "./etcd-methods.ts";
import { delRequest, getRequest, putRequest, type DelFlags, type GetFlags, type PutFlags } from "./key-requests.ts";
import { show } from "./output.ts";
import { formatRecords, rangeJson, recordJson, revisionOf } from "./print.ts";
import { readRange } from "./read-range.ts";
import { readStandardInput } from "./standard-input.ts";
import { withCalls, type ClientFlags } from "./with-calls.ts";

export type GetCommandFlags = ClientFlags & GetFlags & { readonly printValueOnly?: boolean };

export async function runGet(key: string, end: string | undefined, flags: GetCommandFlags): Promise<number> {
  const hex = flags.hex === true;
  if (flags.keysOnly === true && flags.printValueOnly === true) {
    throw new UsageError("Give either --keys-only or --print-value-only, not both.");
  }
  const request = getRequest(key, end, flags);
  const answer = await withCalls(flags, (calls) => readRange(calls, request));
  const text =
    flags.countOnly === true ? `${answer.count}\n` : formatRecords(answer.kvs, hex, flags.printValueOnly !== true);
  show(flags, { text, json: rangeJson(answer, hex), schema: RangeResponseSchema, answer });
  return exitCodes.done;
}

export async function runPut(key: string, value: string | undefined, flags: ClientFlags & PutFlags): Promise<number> {
  const hex = flags.hex === true;
  const request = putRequest(key, value, flags, () => readStandardInput("A value"));
  const answer = await withCalls(flags, (calls) => calls.call(put, request));
  const previous = answer.prevKv;
  show(flags, {
    text: `OK\n${previous === undefined ? "" : formatRecords([previous], hex)}`,
    json: {
      revision: revisionOf(answer),
      ...(previous === undefined ? {} : { previous: recordJson(previous, hex) }),
    },
    schema: PutResponseSchema,
    answer,
  });
  return exitCodes.done;
}

export async function runDel(key: string, end: string | undefined, flags: ClientFlags & DelFlags): Promise<number> {
  const hex = flags.hex === true;
  const request = delRequest(key, end, flags);
  const answer = await withCalls(flags, (calls) => calls.call(deleteRange, request));
  show(flags, {
    text: `${answer.deleted}\n${formatRecords(answer.prevKvs, hex)}`,
    json: {
      revision: revisionOf(answer),
      deleted: Number(answer.deleted),
      ...(flags.prevKv === true ? { previous: answer.prevKvs.map((record) => recordJson(record, hex)) } : {}),
    },
    schema: DeleteRangeResponseSchema,
    answer,
  });
  return exitCodes.done;
}
