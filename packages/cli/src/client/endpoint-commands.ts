import { HashKVResponseSchema, StatusResponseSchema } from "@quorate/etcd/api";
import { status } from "@grpc/grpc-js";
import { exitCodes, FailureError } from "../errors.ts";
import { CallError } from "./calls.ts";
import type { Endpoint } from "./endpoints.ts";
import { defragment, hashKv, memberStatus, range } from "./etcd-methods.ts";
import { etcdctlJson } from "./etcdctl-output.ts";
import { rendered, table, type OutputFlags } from "./output.ts";
import { formatBytes, revisionOf, roleOf } from "./print.ts";
import { atEveryEndpoint, type ClientFlags } from "./with-calls.ts";

export interface EndpointFlags extends ClientFlags {
  readonly cluster?: boolean;
}

/** One endpoint and its answer, or why there is none. */
interface Answered<T> {
  readonly endpoint: Endpoint;
  readonly answer: T | undefined;
  readonly problem: string | undefined;
  readonly tookMs: number;
}

/** Healthy is who answers a linearizable read, or refuses it to this user: both need a leader. */
export async function runEndpointHealth(flags: EndpointFlags): Promise<number> {
  const all = await askEvery(flags, async (calls) => {
    try {
      await calls.call(range, { key: Buffer.from("health") });
    } catch (error) {
      if (!(error instanceof CallError && error.code === status.PERMISSION_DENIED)) throw error;
    }
    return true;
  });
  const text = all.map(({ endpoint, answer, problem, tookMs }) =>
    answer === true
      ? `${endpoint} is healthy: took ${tookMs.toFixed(1)} ms\n`
      : `${endpoint} is unhealthy: ${problem}\n`,
  );
  const json = all.map(({ endpoint, answer, problem, tookMs }) => ({
    endpoint,
    health: answer === true,
    tookMs: Math.round(tookMs * 1000) / 1000,
    ...(problem === undefined ? {} : { problem }),
  }));
  const asEtcdctl = () =>
    all.map(({ endpoint, answer, problem: error, tookMs }) => {
      return { endpoint, health: answer === true, took: `${tookMs.toFixed(6)}ms`, error };
    });
  return end(flags, all, text.join(""), json, () => JSON.stringify(asEtcdctl()));
}

export async function runEndpointStatus(flags: EndpointFlags): Promise<number> {
  const all = await askEvery(flags, (calls) => calls.call(memberStatus, {}));
  const heading = ["ENDPOINT", "ID", "ROLE", "TERM", "INDEX", "APPLIED", "REVISION", "DB SIZE", "VERSION", "ERRORS"];
  const rows = all.map(({ endpoint, answer, problem }) =>
    answer === undefined
      ? [endpoint, "-", "unreachable", "-", "-", "-", "-", "-", "-", problem ?? ""]
      : [
          endpoint,
          (answer.header?.memberId ?? 0n).toString(16),
          roleOf(answer),
          String(answer.raftTerm),
          String(answer.raftIndex),
          String(answer.raftAppliedIndex),
          String(revisionOf(answer)),
          formatBytes(Number(answer.dbSize)),
          answer.version,
          answer.errors.join("; "),
        ],
  );
  const json = all.map(({ endpoint, answer, problem }) =>
    answer === undefined
      ? { endpoint, reachable: false, problem }
      : {
          endpoint,
          reachable: true,
          member: (answer.header?.memberId ?? 0n).toString(16),
          role: roleOf(answer),
          leader: answer.leader.toString(16),
          term: Number(answer.raftTerm),
          index: Number(answer.raftIndex),
          appliedIndex: Number(answer.raftAppliedIndex),
          revision: revisionOf(answer),
          databaseBytes: Number(answer.dbSize),
          databaseBytesInUse: Number(answer.dbSizeInUse),
          version: answer.version,
          errors: answer.errors,
        },
  );
  return end(flags, all, table(heading, rows), json, () =>
    listJson(all, (answer) => `"Status":${etcdctlJson(StatusResponseSchema, answer)}`),
  );
}

export async function runEndpointHashKv(flags: EndpointFlags & { rev?: number }): Promise<number> {
  const revision = BigInt(flags.rev ?? 0);
  const all = await askEvery(flags, (calls) => calls.call(hashKv, { revision }));
  const rows = all.map(({ endpoint, answer, problem }) => [
    endpoint,
    answer === undefined ? (problem ?? "") : answer.hash.toString(16).padStart(8, "0"),
    answer === undefined ? "-" : String(revisionOf(answer)),
    answer === undefined ? "-" : String(answer.compactRevision),
  ]);
  const json = all.map(({ endpoint, answer, problem }) =>
    answer === undefined
      ? { endpoint, problem }
      : {
          endpoint,
          hash: answer.hash.toString(16).padStart(8, "0"),
          revision: revisionOf(answer),
          compactedRevision: Number(answer.compactRevision),
        },
  );
  return end(flags, all, table(["ENDPOINT", "HASH", "REVISION", "COMPACTED"], rows), json, () =>
    listJson(all, (answer) => `"HashKV":${etcdctlJson(HashKVResponseSchema, answer)}`),
  );
}

/** One after the other would be gentler, and is what a member that stops the world would need; Quorate's do not. */
export async function runDefrag(flags: EndpointFlags): Promise<number> {
  const all = await askEvery(flags, (calls) => calls.call(defragment, {}));
  const text = all.map(({ endpoint, answer, problem }) =>
    answer === undefined
      ? `Failed to defragment etcd member[${endpoint}] (${problem})\n`
      : `Finished defragmenting etcd member[${endpoint}]\n`,
  );
  const json = all.map(({ endpoint, answer, problem }) => ({ endpoint, done: answer !== undefined, problem }));
  return end(flags, all, text.join(""), json, () => JSON.stringify(json));
}

function askEvery<T>(
  flags: EndpointFlags,
  ask: (calls: Parameters<Parameters<typeof atEveryEndpoint>[1]>[0]) => Promise<T>,
): Promise<readonly Answered<T>[]> {
  return atEveryEndpoint(flags, async (calls, endpoint) => {
    const started = performance.now();
    const taken = () => performance.now() - started;
    try {
      return { endpoint, answer: await ask(calls), problem: undefined, tookMs: taken() };
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      const problem =
        error instanceof CallError ? error.details : (error.message.split("\n")[1] ?? error.message).trim();
      return { endpoint, answer: undefined, problem, tookMs: taken() };
    }
  });
}

function listJson<T>(all: readonly Answered<T>[], rest: (answer: T) => string): string {
  const items = all.flatMap(({ endpoint, answer }) =>
    answer === undefined ? [] : [`{"Endpoint":${JSON.stringify(endpoint)},${rest(answer)}}`],
  );
  return `[${items.join(",")}]`;
}

function end(
  flags: OutputFlags,
  all: readonly Answered<unknown>[],
  text: string,
  json: unknown,
  likeEtcdctl: () => string,
): number {
  const asEtcdctl = flags.writeOut === "json" && flags.json !== true;
  process.stdout.write(asEtcdctl ? `${likeEtcdctl()}\n` : rendered(flags, { text, json }));
  return all.every(({ answer }) => answer !== undefined) ? exitCodes.done : exitCodes.failure;
}
