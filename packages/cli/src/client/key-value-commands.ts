import { readFileSync } from "node:fs";
import { exitCodes, UsageError } from "../errors.ts";
import { openCalls } from "./calls.ts";
import { chooseEndpoints } from "./endpoints.ts";
import { deleteRange, put, range } from "./etcd-methods.ts";
import { formatRecords, rangeToJson, revisionOf } from "./print.ts";
import { bytesOfArgument, endOfPrefix } from "./text-and-bytes.ts";

/** Options of every command that speaks to a cluster. */
export interface ClientFlags {
  readonly endpoints?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

export interface RangeFlags extends ClientFlags {
  readonly prefix?: boolean;
  readonly hex?: boolean;
}

export interface GetFlags extends RangeFlags {
  readonly rev?: number;
  readonly limit?: number;
  readonly consistency: string;
}

export async function runGet(key: string, end: string | undefined, flags: GetFlags): Promise<number> {
  const hex = flags.hex === true;
  const answer = await withCalls(flags, (calls) =>
    calls.call(range, {
      ...keyRange(key, end, flags),
      revision: BigInt(flags.rev ?? 0),
      limit: BigInt(flags.limit ?? 0),
      serializable: flags.consistency.startsWith("s"),
    }),
  );
  process.stdout.write(flags.json ? `${rangeToJson(answer, hex)}\n` : formatRecords(answer.kvs, hex));
  return exitCodes.done;
}

export async function runPut(
  key: string,
  value: string | undefined,
  flags: ClientFlags & { readonly hex?: boolean },
): Promise<number> {
  const hex = flags.hex === true;
  const request = {
    key: bytesOfArgument(key, hex),
    value: value === undefined ? standardInput() : bytesOfArgument(value, hex),
  };
  const answer = await withCalls(flags, (calls) => calls.call(put, request));
  process.stdout.write(flags.json ? `${JSON.stringify({ revision: revisionOf(answer) })}\n` : "OK\n");
  return exitCodes.done;
}

export async function runDel(key: string, end: string | undefined, flags: RangeFlags): Promise<number> {
  const answer = await withCalls(flags, (calls) => calls.call(deleteRange, keyRange(key, end, flags)));
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ revision: revisionOf(answer), deleted: Number(answer.deleted) })}\n`
      : `${answer.deleted}\n`,
  );
  return exitCodes.done;
}

/** Opens connections for one use and closes them, whatever happens. */
export async function withCalls<T>(
  flags: ClientFlags,
  use: (calls: ReturnType<typeof openCalls>) => Promise<T>,
): Promise<T> {
  const calls = openCalls(chooseEndpoints(flags.endpoints, process.env), flags.timeout);
  try {
    return await use(calls);
  } finally {
    calls.close();
  }
}

/** The key, or range, that the arguments mean. No end: the single key. */
function keyRange(key: string, end: string | undefined, flags: RangeFlags): { key: Uint8Array; rangeEnd: Uint8Array } {
  const from = bytesOfArgument(key, flags.hex === true);
  if (flags.prefix === true) {
    if (end !== undefined) throw new UsageError("Give either a range end or --prefix, not both.");
    // Every key begins with nothing: etcd writes that range as ["\0", "\0").
    return from.length === 0
      ? { key: new Uint8Array(1), rangeEnd: new Uint8Array(1) }
      : { key: from, rangeEnd: endOfPrefix(from) };
  }
  return { key: from, rangeEnd: end === undefined ? new Uint8Array(0) : bytesOfArgument(end, flags.hex === true) };
}

function standardInput(): Uint8Array {
  if (process.stdin.isTTY) throw new UsageError("A value is needed: as an argument, or on standard input.");
  return readFileSync(0);
}
