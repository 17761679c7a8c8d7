import {
  AlarmRequest_AlarmAction as Action,
  AlarmResponseSchema,
  AlarmType,
  AlarmTypeSchema,
  CompactionResponseSchema,
  type AlarmResponse,
} from "@quorate/etcd/api";
import { exitCodes } from "../errors.ts";
import { version } from "../version.ts";
import { enumName } from "./enum-name.ts";
import { alarm, compact, listAlarms, memberStatus } from "./etcd-methods.ts";
import { show } from "./output.ts";
import { atEveryEndpoint, withCalls, type ClientFlags } from "./with-calls.ts";

export async function runCompaction(revision: number, flags: ClientFlags & { physical?: boolean }): Promise<number> {
  const request = { revision: BigInt(revision), physical: flags.physical === true };
  const answer = await withCalls(flags, (calls) => calls.call(compact, request));
  show(flags, {
    text: `compacted revision ${revision}\n`,
    json: { compactedRevision: revision, physical: request.physical },
    schema: CompactionResponseSchema,
    answer,
  });
  return exitCodes.done;
}

export async function runAlarmList(flags: ClientFlags): Promise<number> {
  showAlarms(flags, await withCalls(flags, (calls) => calls.call(listAlarms, { action: Action.GET })));
  return exitCodes.done;
}

/** All of them, on all members. */
export async function runAlarmDisarm(flags: ClientFlags): Promise<number> {
  const request = { action: Action.DEACTIVATE, alarm: AlarmType.NONE };
  showAlarms(flags, await withCalls(flags, (calls) => calls.call(alarm, request)));
  return exitCodes.done;
}

function showAlarms(flags: ClientFlags, answer: AlarmResponse): void {
  const alarms = answer.alarms.map((one) => ({
    member: one.memberID.toString(16),
    alarm: enumName(AlarmTypeSchema, one.alarm),
  }));
  show(flags, {
    text: answer.alarms
      .map((one) => `memberID:${one.memberID} alarm:${enumName(AlarmTypeSchema, one.alarm)} \n`)
      .join(""),
    json: { alarms },
    schema: AlarmResponseSchema,
    answer,
  });
}

/** This program's, and of every endpoint that is named. */
export async function runVersion(flags: ClientFlags): Promise<number> {
  const servers =
    flags.endpoints === undefined
      ? []
      : await atEveryEndpoint(flags, async (calls, endpoint) => ({
          endpoint,
          version: (await calls.call(memberStatus, {})).version,
        }));
  show(flags, {
    text: `quorate version: ${version}\nAPI version: 3.6\n${servers.map((one) => `${one.endpoint}: ${one.version}\n`).join("")}`,
    json: { version, apiVersion: "3.6", servers },
  });
  return exitCodes.done;
}
