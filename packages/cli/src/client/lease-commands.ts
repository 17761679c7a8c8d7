import {
  LeaseGrantResponseSchema,
  LeaseLeasesResponseSchema,
  LeaseRevokeResponseSchema,
  LeaseTimeToLiveResponseSchema,
} from "@quorate/etcd/api";
import { exitCodes } from "../errors.ts";
import { leaseGrant, leaseLeases, leaseRevoke, leaseTimeToLive } from "./etcd-methods.ts";
import { leaseText, parseLeaseId } from "./lease-id.ts";
import { renewals } from "./lease-keeping.ts";
import { show } from "./output.ts";
import { revisionOf, shownBytes } from "./print.ts";
import { untilStopped } from "./signals.ts";
import { withCalls, type ClientFlags } from "./with-calls.ts";

// Ids are hexadecimal, in JSON too: a JSON number could not hold them.

export async function runLeaseGrant(seconds: number, flags: ClientFlags & { id?: string }): Promise<number> {
  const ID = flags.id === undefined ? 0n : parseLeaseId(flags.id);
  const answer = await withCalls(flags, (calls) => calls.call(leaseGrant, { TTL: BigInt(seconds), ID }));
  show(flags, {
    text: `lease ${leaseText(answer.ID)} granted with TTL(${answer.TTL}s)\n`,
    json: { revision: revisionOf(answer), lease: leaseText(answer.ID), ttlSeconds: Number(answer.TTL) },
    schema: LeaseGrantResponseSchema,
    answer,
  });
  return exitCodes.done;
}

export async function runLeaseRevoke(id: string, flags: ClientFlags): Promise<number> {
  const ID = parseLeaseId(id);
  const answer = await withCalls(flags, (calls) => calls.call(leaseRevoke, { ID }));
  show(flags, {
    text: `lease ${leaseText(ID)} revoked\n`,
    json: { revision: revisionOf(answer), lease: leaseText(ID) },
    schema: LeaseRevokeResponseSchema,
    answer,
  });
  return exitCodes.done;
}

export async function runLeaseTimeToLive(
  id: string,
  flags: ClientFlags & { keys?: boolean; hex?: boolean },
): Promise<number> {
  const ID = parseLeaseId(id);
  const request = { ID, keys: flags.keys === true };
  const answer = await withCalls(flags, (calls) => calls.call(leaseTimeToLive, request));
  const keys = answer.keys.map((key) => shownBytes(key, flags.hex === true));
  const isThere = answer.TTL >= 0n;
  const attached = flags.keys === true ? `, attached keys([${keys.join(" ")}])` : "";
  show(flags, {
    text: isThere
      ? `lease ${leaseText(ID)} granted with TTL(${answer.grantedTTL}s), remaining(${answer.TTL}s)${attached}\n`
      : `lease ${leaseText(ID)} already expired\n`,
    json: {
      revision: revisionOf(answer),
      lease: leaseText(ID),
      exists: isThere,
      ...(isThere ? { ttlSeconds: Number(answer.grantedTTL), remainingSeconds: Number(answer.TTL) } : {}),
      ...(flags.keys === true ? { keys } : {}),
    },
    schema: LeaseTimeToLiveResponseSchema,
    answer,
  });
  return exitCodes.done;
}

export async function runLeaseList(flags: ClientFlags): Promise<number> {
  const answer = await withCalls(flags, (calls) => calls.call(leaseLeases, {}));
  const ids = answer.leases.map(({ ID }) => leaseText(ID));
  show(flags, {
    text: `found ${ids.length} leases\n${ids.map((id) => `${id}\n`).join("")}`,
    json: { leases: ids },
    schema: LeaseLeasesResponseSchema,
    answer,
  });
  return exitCodes.done;
}

/** Until it is stopped, or the lease is gone, which is a failure. */
export async function runLeaseKeepAlive(id: string, flags: ClientFlags & { once?: boolean }): Promise<number> {
  const ID = parseLeaseId(id);
  const { signal, done } = untilStopped();
  try {
    return await withCalls(flags, async (calls) => {
      for await (const seconds of renewals(calls, ID, signal)) {
        if (seconds <= 0) break;
        const text = `lease ${leaseText(ID)} keepalived with TTL(${seconds})\n`;
        show(flags, { text, json: { lease: leaseText(ID), ttlSeconds: seconds } });
        if (flags.once === true) return exitCodes.done;
      }
      if (signal.aborted) return exitCodes.done;
      show(flags, {
        text: `lease ${leaseText(ID)} expired or revoked.\n`,
        json: { lease: leaseText(ID), ttlSeconds: 0 },
      });
      return exitCodes.failure;
    });
  } finally {
    done();
  }
}
