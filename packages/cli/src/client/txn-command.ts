import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { TxnResponseSchema, type ResponseOp, type TxnRequestSchema, type TxnResponse } from "@quorate/etcd/api";
import { exitCodes, FailureError } from "../errors.ts";
import { readingTxn, txn } from "./etcd-methods.ts";
import { show } from "./output.ts";
import { formatRecords, rangeJson, recordJson, revisionOf } from "./print.ts";
import { parseTxn, TxnScript } from "./txn-script.ts";
import { withCalls, type ClientFlags } from "./with-calls.ts";

type TxnInit = MessageInitShape<typeof TxnRequestSchema>;

export interface TxnFlags extends ClientFlags {
  readonly interactive?: boolean;
  readonly hex?: boolean;
}

/** From a file, or from standard input; at a terminal it asks for each part. */
export async function runTxn(path: string | undefined, flags: TxnFlags): Promise<number> {
  const asks = flags.interactive === true || (path === undefined && process.stdin.isTTY);
  const request = asks ? await typed() : parseTxn(read(path));
  const operations = [...(request.success ?? []), ...(request.failure ?? [])];
  const reads = operations.every(({ request: one }) => one?.case === "requestRange");
  const answer = await withCalls(flags, (calls) => calls.call(reads ? readingTxn : txn, request));
  const hex = flags.hex === true;
  show(flags, { text: txnText(answer, hex), json: txnJson(answer, hex), schema: TxnResponseSchema, answer });
  return exitCodes.done;
}

function read(path: string | undefined): string {
  try {
    return readFileSync(path ?? 0, "utf8");
  } catch (error) {
    throw new FailureError(`${path ?? "standard input"}: ${(error as Error).message}.`, { cause: error });
  }
}

const questions = ["comparisons:", "what to do when they hold (get, put, del):", "what to do else:"];

async function typed(): Promise<TxnInit> {
  const script = new TxnScript();
  let asked = -1;
  const ask = () => {
    if (script.part === asked || script.part >= questions.length) return;
    asked = script.part;
    process.stderr.write(`${questions[asked]}\n`);
  };
  ask();
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    script.add(line);
    ask();
    if (script.part >= questions.length) break;
  }
  lines.close();
  return script.request();
}

/** As etcdctl prints it. */
function txnText(answer: TxnResponse, hex: boolean): string {
  return `${answer.succeeded ? "SUCCESS" : "FAILURE"}\n${answer.responses.map((one) => `\n${operationText(one, hex)}`).join("")}`;
}

function operationText({ response }: ResponseOp, hex: boolean): string {
  switch (response.case) {
    case "responseRange":
      return formatRecords(response.value.kvs, hex);
    case "responsePut":
      return `OK\n${response.value.prevKv === undefined ? "" : formatRecords([response.value.prevKv], hex)}`;
    case "responseDeleteRange":
      return `${response.value.deleted}\n${formatRecords(response.value.prevKvs, hex)}`;
    case "responseTxn":
      return txnText(response.value, hex);
    case undefined:
      return "";
  }
}

function txnJson(answer: TxnResponse, hex: boolean): Record<string, unknown> {
  return {
    revision: revisionOf(answer),
    succeeded: answer.succeeded,
    responses: answer.responses.map((one) => operationJson(one, hex)),
  };
}

function operationJson({ response }: ResponseOp, hex: boolean): Record<string, unknown> {
  switch (response.case) {
    case "responseRange": {
      const { count, more, kvs } = rangeJson(response.value, hex);
      return { get: { count, more, kvs } };
    }
    case "responsePut": {
      const { prevKv } = response.value;
      return { put: prevKv === undefined ? {} : { previous: recordJson(prevKv, hex) } };
    }
    case "responseDeleteRange": {
      const { deleted, prevKvs } = response.value;
      const previous = prevKvs.length === 0 ? {} : { previous: prevKvs.map((record) => recordJson(record, hex)) };
      return { del: { deleted: Number(deleted), ...previous } };
    }
    case "responseTxn":
      return { txn: txnJson(response.value, hex) };
    case undefined:
      return {};
  }
}
