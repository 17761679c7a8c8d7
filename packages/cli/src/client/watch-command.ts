import {
  Event_EventTypeSchema,
  WatchCreateRequest_FilterType as FilterType,
  WatchResponseSchema,
  type Event,
  type WatchResponse,
} from "@quorate/etcd/api";
import { exitCodes } from "../errors.ts";
import { enumName } from "./enum-name.ts";
import { keyRange, type RangeFlags } from "./key-requests.ts";
import { rendered } from "./output.ts";
import { formatRecords, recordJson, shownBytes } from "./print.ts";
import { runChild } from "./run-child.ts";
import { untilStopped } from "./signals.ts";
import { watchResponses } from "./watch-responses.ts";
import { withCalls, type ClientFlags } from "./with-calls.ts";

export interface WatchFlags extends ClientFlags, RangeFlags {
  readonly rev?: number;
  readonly prevKv?: boolean;
  readonly progressNotify?: boolean;
  readonly noPut?: boolean;
  readonly noDelete?: boolean;
  /** Ends after so many events. */
  readonly events?: number;
}

/** Prints every change until it is stopped; with a command, runs that for each change, one after the other. */
export async function runWatch(
  key: string,
  end: string | undefined,
  command: readonly string[],
  flags: WatchFlags,
): Promise<number> {
  const { signal, done } = untilStopped();
  const wanted = {
    ...keyRange(key, end, flags),
    startRevision: BigInt(flags.rev ?? 0),
    prevKv: flags.prevKv === true,
    progressNotify: flags.progressNotify === true,
    filters: [
      ...(flags.noPut === true ? [FilterType.NOPUT] : []),
      ...(flags.noDelete === true ? [FilterType.NODELETE] : []),
    ],
  };
  const note = (text: string) => process.stderr.write(`quorate: ${text}\n`);
  let left = flags.events ?? Number.POSITIVE_INFINITY;
  try {
    await withCalls(flags, async (calls) => {
      for await (const response of watchResponses(calls, wanted, { signal, note })) {
        const events = response.events.slice(0, left);
        left -= events.length;
        await tell(response, events, command, flags);
        if (left <= 0) return;
      }
    });
  } finally {
    done();
  }
  return exitCodes.done;
}

async function tell(
  response: WatchResponse,
  events: readonly Event[],
  command: readonly string[],
  flags: WatchFlags,
): Promise<void> {
  const hex = flags.hex === true;
  if (response.created) return;
  if (flags.json !== true && flags.writeOut !== undefined && flags.writeOut !== "simple") {
    const shown = { text: eventsText(events, hex), json: undefined, schema: WatchResponseSchema, answer: response };
    process.stdout.write(rendered(flags, shown));
  } else if (flags.json === true) {
    for (const event of events) process.stdout.write(`${JSON.stringify(eventJson(event, hex))}\n`);
  } else if (events.length === 0) {
    process.stdout.write(`progress: ${response.header?.revision ?? 0n}\n`);
  } else {
    process.stdout.write(eventsText(events, hex));
  }
  if (command.length === 0) return;
  for (const event of events) await runChild(command, environmentOf(event, hex));
}

function eventsText(events: readonly Event[], hex: boolean): string {
  return events
    .map(({ type, kv, prevKv }) => {
      const records = [prevKv, kv].filter((record) => record !== undefined);
      return `${enumName(Event_EventTypeSchema, type)}\n${formatRecords(records, hex)}`;
    })
    .join("");
}

function eventJson({ type, kv, prevKv }: Event, hex: boolean): Record<string, unknown> {
  return {
    type: enumName(Event_EventTypeSchema, type),
    revision: Number(kv?.modRevision ?? 0n),
    ...(kv === undefined ? {} : recordJson(kv, hex)),
    ...(prevKv === undefined ? {} : { previous: recordJson(prevKv, hex) }),
  };
}

/** Under etcdctl's names. Values are as they are, without quotation marks. */
function environmentOf({ type, kv }: Event, hex: boolean): Readonly<Record<string, string>> {
  return {
    ETCD_WATCH_REVISION: String(kv?.modRevision ?? 0n),
    ETCD_WATCH_EVENT_TYPE: enumName(Event_EventTypeSchema, type),
    ETCD_WATCH_KEY: kv === undefined ? "" : shownBytes(kv.key, hex),
    ETCD_WATCH_VALUE: kv === undefined ? "" : shownBytes(kv.value, hex),
  };
}
