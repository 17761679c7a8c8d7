import { exitCodes } from "../errors.ts";
import type { Member } from "@quorate/etcd";
import { openCalls } from "./calls.ts";
import { parseEndpoints } from "./endpoints.ts";
import { memberList, memberStatus } from "./etcd-methods.ts";
import type { ClientFlags } from "./key-value-commands.ts";
import { withCalls } from "./key-value-commands.ts";
import type { MemberStatus } from "./print.ts";
import { formatStatus, statusToJson } from "./print.ts";

/** `quorate status`: asks any member who the others are, then each of them how it is. Fails when one does not answer. */
export async function runStatus(flags: ClientFlags): Promise<number> {
  const { members } = await withCalls(flags, (calls) => calls.call(memberList, {}));
  const statuses = await Promise.all(members.map((member) => statusOf(member, flags.timeout)));
  process.stdout.write(flags.json ? `${statusToJson(statuses)}\n` : formatStatus(statuses));
  return statuses.every(({ status }) => status !== undefined) ? exitCodes.done : exitCodes.failure;
}

async function statusOf(member: Member, timeoutMs: number): Promise<MemberStatus> {
  if (member.clientURLs.length === 0) {
    return { member, status: undefined, problem: "has not made its client URLs known yet" };
  }
  const calls = openCalls(
    member.clientURLs.flatMap((url) => parseEndpoints(url)),
    timeoutMs,
  );
  try {
    return { member, status: await calls.call(memberStatus, {}), problem: undefined };
  } catch (error) {
    return { member, status: undefined, problem: (error as Error).message.split("\n").slice(0, 2).join(" ") };
  } finally {
    calls.close();
  }
}
