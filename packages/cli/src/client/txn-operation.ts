import type { MessageInitShape } from "@bufbuild/protobuf";
import { Command, CommanderError } from "commander";
import type { RequestOpSchema } from "@quorate/etcd/api";
import { UsageError } from "../errors.ts";
import { withDelOptions, withGetOptions, withPutOptions } from "./key-value-options.ts";
import { delRequest, getRequest, putRequest, type DelFlags, type GetFlags, type PutFlags } from "./key-requests.ts";

type Operation = MessageInitShape<typeof RequestOpSchema>;

/** One operation of a transaction: get, put or del as on the command line. Fails with `UsageError`. */
export function parseOperation(words: readonly string[]): Operation {
  let operation: Operation | undefined;
  const silent = () => {};
  const parser = new Command().exitOverride().configureOutput({ writeErr: silent, writeOut: silent });
  withGetOptions(parser.command("get").argument("<key>").argument("[range-end]")).action(
    (key: string, end: string | undefined, flags: GetFlags) => {
      operation = { request: { case: "requestRange", value: getRequest(key, end, flags) } };
    },
  );
  withPutOptions(parser.command("put").argument("<key>").argument("[value]")).action(
    (key: string, value: string | undefined, flags: PutFlags) => {
      operation = { request: { case: "requestPut", value: putRequest(key, value, flags, noValue) } };
    },
  );
  withDelOptions(parser.command("del").argument("<key>").argument("[range-end]")).action(
    (key: string, end: string | undefined, flags: DelFlags) => {
      operation = { request: { case: "requestDeleteRange", value: delRequest(key, end, flags) } };
    },
  );
  try {
    parser.parse([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new UsageError(`${words.join(" ")}: ${error.message.replace(/^error: /, "")}`);
  }
  if (operation === undefined) throw new UsageError(`"${words.join(" ")}" is none of get, put and del.`);
  return operation;
}

function noValue(): Uint8Array {
  throw new UsageError("put needs a value.");
}
