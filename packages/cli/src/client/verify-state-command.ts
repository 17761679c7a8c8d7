import type { Member } from "@quorate/etcd/api";
import { exitCodes } from "../errors.ts";
import type { Calls } from "./calls.ts";
import { hashKv, memberList, memberStatus } from "./etcd-methods.ts";
import { revisionOf } from "./print.ts";
import { formatStateHashes, stateHashesToJson, verdictOf, type StateHashes } from "./state-hashes.ts";
import { callsAt, callsToUrls, placeOf, type ClientFlags, type Place } from "./with-calls.ts";

/**
 * `quorate verify state`: asks every member for the hash of its state at the oldest of their newest revisions, and compares.
 * Fails when hashes differ or a member gave none.
 */
export async function runVerifyState(flags: ClientFlags): Promise<number> {
  const place = await placeOf(flags);
  const calls = callsAt(place);
  const { members } = await calls.call(memberList, {}).finally(() => calls.close());
  const asked = members.map((member) => ({ member, calls: callsTo(member, place) }));
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

function callsTo(member: Member, place: Place): Calls | undefined {
  return member.clientURLs.length === 0 ? undefined : callsToUrls(member.clientURLs, place);
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
