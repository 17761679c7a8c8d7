import { exitCodes } from "../errors.ts";
import type { Member } from "@quorate/etcd/api";
import { memberList, memberStatus } from "./etcd-methods.ts";
import type { MemberStatus } from "./print.ts";
import { formatStatus, statusToJson } from "./print.ts";
import { callsToUrls, placeOf, callsAt, type ClientFlags, type Place } from "./with-calls.ts";

/** `quorate status`: asks any member who the others are, then each of them how it is. Fails when one does not answer. */
export async function runStatus(flags: ClientFlags): Promise<number> {
  const place = await placeOf(flags);
  const calls = callsAt(place);
  const { members } = await calls.call(memberList, {}).finally(() => calls.close());
  const statuses = await Promise.all(members.map((member) => statusOf(member, place)));
  process.stdout.write(flags.json ? `${statusToJson(statuses)}\n` : formatStatus(statuses));
  return statuses.every(({ status }) => status !== undefined) ? exitCodes.done : exitCodes.failure;
}

async function statusOf(member: Member, place: Place): Promise<MemberStatus> {
  if (member.clientURLs.length === 0) {
    return { member, status: undefined, problem: "has not made its client URLs known yet" };
  }
  const calls = callsToUrls(member.clientURLs, place);
  try {
    return { member, status: await calls.call(memberStatus, {}), problem: undefined };
  } catch (error) {
    return { member, status: undefined, problem: (error as Error).message.split("\n").slice(0, 2).join(" ") };
  } finally {
    calls.close();
  }
}
