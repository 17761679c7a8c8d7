import type { Member } from "@quorate/etcd";
import { exitCodes } from "../errors.ts";
import { openCalls, type Calls } from "./calls.ts";
import { parseEndpoints } from "./endpoints.ts";
import { hashKv, memberList, memberStatus } from "./etcd-methods.ts";
import type { ClientFlags } from "./key-value-commands.ts";
import { withCalls } from "./key-value-commands.ts";
import { revisionOf } from "./print.ts";
import { formatStateHashes, stateHashesToJson, verdictOf, type StateHashes } from "./state-hashes.ts";

/**
 * `quorate verify state`: asks every member for the hash of its state at the oldest of their newest revisions, and compares.
 * Fails when hashes differ or a member gave none.
 */
export async function runVerifyState(flags: ClientFlags): Promise<number> {
  const { members } = await withCalls(flags, (calls) => calls.call(memberList, {}));
  const asked = members.map((member) => ({ member, calls: callsTo(member, flags.timeout) }));
  try {
    const result = await compare(asked);
    process.stdout.write(flags.json ? `${stateHashesToJson(result)}\n` : formatStateHashes(result));
    return result.verdict === "equal" ? exitCodes.done : exitCodes.failure;
  } finally {
    for (const { calls } of asked) calls?.close();
  }
}

interface Asked {
  readonly member: Member;
  /** Undefined while it has not made its client URLs known. */
  readonly calls: Calls | undefined;
}

function callsTo(member: Member, timeoutMs: number): Calls | undefined {
  const endpoints = member.clientURLs.flatMap((url) => parseEndpoints(url));
  return endpoints.length === 0 ? undefined : openCalls(endpoints, timeoutMs);
}

async function compare(asked: readonly Asked[]): Promise<StateHashes> {
  const statuses = await Promise.all(asked.map(({ calls }) => attempt(async () => calls?.call(memberStatus, {}))));
  const revisions = statuses.flatMap(({ value }) => (value === undefined ? [] : [revisionOf(value)]));
  const revision = revisions.length === 0 ? 0 : Math.min(...revisions);
  const members = await Promise.all(
    asked.map(async ({ member, calls }, index) => {
      const early = calls === undefined ? "has not made its client URLs known yet" : statuses[index]?.problem;
      if (early !== undefined) return { member, hash: undefined, problem: early };
      const { value, problem } = await attempt(async () => calls?.call(hashKv, { revision: BigInt(revision) }));
      return { member, hash: value, problem };
    }),
  );
  return { revision, members, verdict: verdictOf(members.map(({ hash }) => hash)) };
}

async function attempt<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T | undefined; readonly problem: string | undefined }> {
  try {
    return { value: await work(), problem: undefined };
  } catch (error) {
    return { value: undefined, problem: (error as Error).message.split("\n").slice(0, 2).join(" ") };
  }
}
