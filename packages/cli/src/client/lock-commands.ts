import { exitCodes } from "../errors.ts";
import type { Calls } from "./calls.ts";
import { holdLease } from "./lease-keeping.ts";
import { leaseText } from "./lease-id.ts";
import { show } from "./output.ts";
import { recordJson, shownBytes } from "./print.ts";
import { runChild } from "./run-child.ts";
import { untilStopped } from "./signals.ts";
import { awaitTurn, endTurn, turns, type Turn } from "./turns.ts";
import { withCalls, type ClientFlags } from "./with-calls.ts";

export interface TurnFlags extends ClientFlags {
  /** Seconds after which a holder that is gone loses its turn. */
  readonly ttl: number;
  readonly listen?: boolean;
}

/** Holds the lock for as long as the command runs, and ends with its code; without a command until it is stopped. */
export async function runLock(name: string, command: readonly string[], flags: TurnFlags): Promise<number> {
  return withTurn(name, Buffer.alloc(0), flags, async (turn, lease, signal) => {
    const key = shownBytes(turn.key, false);
    if (command.length > 0) {
      const environment = { ETCD_LOCK_KEY: key, ETCD_LOCK_REV: String(turn.createRevision) };
      return runChild(command, environment, signal);
    }
    show(flags, {
      text: `${key}\n`,
      json: { key, fencingToken: Number(turn.createRevision), lease: leaseText(lease) },
    });
    await untilAborted(signal);
    return exitCodes.done;
  });
}

/** Stands for election and leads until it is stopped; with --listen only tells who leads. */
export async function runElect(name: string, proposal: string | undefined, flags: TurnFlags): Promise<number> {
  if (flags.listen === true) return listen(name, flags);
  return withTurn(name, Buffer.from(proposal ?? ""), flags, async (turn, lease, signal) => {
    const key = shownBytes(turn.key, false);
    show(flags, {
      text: `${key}\n${proposal}\n`,
      json: { key, value: proposal, fencingToken: Number(turn.createRevision), lease: leaseText(lease) },
    });
    await untilAborted(signal);
    return exitCodes.done;
  });
}

async function listen(name: string, flags: TurnFlags): Promise<number> {
  const { signal, done } = untilStopped();
  try {
    await withCalls(flags, async (calls) => {
      for await (const record of turns(calls, name, signal)) {
        const text = `${shownBytes(record.key, false)}\n${shownBytes(record.value, false)}\n`;
        show(flags, { text, json: recordJson(record, false) });
      }
    });
  } finally {
    done();
  }
  return exitCodes.done;
}

/** Fails when the lease is lost meanwhile: the turn is then somebody else's. */
async function withTurn(
  name: string,
  value: Uint8Array,
  flags: TurnFlags,
  use: (turn: Turn, lease: bigint, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const { signal: stopped, done } = untilStopped();
  try {
    return await withCalls(flags, async (calls) => {
      const lease = await holdLease(calls, flags.ttl);
      const signal = AbortSignal.any([stopped, lease.lost]);
      let turn: Turn | undefined;
      try {
        turn = await awaitTurn(calls, { name, lease: lease.id, value, signal });
        const code = await use(turn, lease.id, signal);
        lease.lost.throwIfAborted();
        return code;
      } catch (error) {
        if (stopped.aborted) return exitCodes.done;
        throw error;
      } finally {
        await release(calls, turn);
        await lease.giveBack();
      }
    });
  } finally {
    done();
  }
}

/** The lease would end the turn as well: a failure to do so at once is none. */
async function release(calls: Calls, turn: Turn | undefined): Promise<void> {
  if (turn !== undefined) await endTurn(calls, turn).catch(() => {});
}

/** While nothing else is under way: the renewals of the lease keep the process alive. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
