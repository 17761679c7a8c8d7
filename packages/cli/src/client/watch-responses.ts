import { setTimeout as delay } from "node:timers/promises";
import type { ServiceError } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { WatchCreateRequestSchema, WatchResponse } from "@quorate/etcd/api";
import { FailureError } from "../errors.ts";
import type { Calls } from "./calls.ts";
import { watch } from "./etcd-methods.ts";

export interface Following {
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Hears when the watch moves to another member. */
  readonly note: (text: string) => void;
}

/**
 * What one watch tells, without gaps and without repetition: when its member is lost it goes on at another one, with the
 * revision that comes next. Responses without events come through too: that it was created, and how far it is. Ends with
 * the signal; fails with `FailureError` when the server refuses the watch, or has compacted what it asks for.
 */
export async function* watchResponses(
  calls: Calls,
  wanted: MessageInitShape<typeof WatchCreateRequestSchema>,
  { signal, note }: Following,
): AsyncGenerator<WatchResponse> {
  let next = wanted.startRevision ?? 0n;
  let isFirst = true;
  while (!signal.aborted) {
    try {
      const stream = await calls.open(watch);
      const stop = () => stream.cancel();
      signal.addEventListener("abort", stop);
      try {
        stream.write({ requestUnion: { case: "createRequest", value: { ...wanted, startRevision: next } } });
        for await (const response of stream.responses) {
          if (response.canceled) throw canceled(response);
          next = following(response, next);
          isFirst = false;
          yield response;
        }
      } finally {
        signal.removeEventListener("abort", stop);
        stream.cancel();
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isFirst || !canGoOn(error)) throw inWords(error);
      note(
        `the watch was interrupted (${(error as ServiceError).details ?? (error as Error).message}); going on with revision ${next}`,
      );
    }
    // A member that ends every stream at once must not be asked in a tight loop.
    await delay(200, undefined, { signal }).catch(() => {});
  }
}

/** The revision with which the watch would go on after this response. */
function following({ header, created, events }: WatchResponse, next: bigint): bigint {
  const revision = header?.revision ?? 0n;
  const last = events.at(-1)?.kv?.modRevision;
  if (last !== undefined) return last + 1n;
  // A new watch of the present begins after this revision; one of the past has all its events before it.
  if (created) return next === 0n ? revision + 1n : next;
  return revision >= next ? revision + 1n : next;
}

function canceled({ compactRevision, cancelReason }: WatchResponse): FailureError {
  return new FailureError(
    compactRevision > 0n
      ? `The history before revision ${compactRevision} was compacted: watch from there on.`
      : `The watch was refused: ${cancelReason || "the server gave no reason"}.`,
  );
}

/** No member at all is waited for as well: only a refusal ends a watch. */
function canGoOn(error: unknown): boolean {
  const { code } = error as Partial<ServiceError>;
  if (code === undefined) return error instanceof FailureError && error.message.startsWith("No member answered");
  return ![status.PERMISSION_DENIED, status.UNIMPLEMENTED, status.INVALID_ARGUMENT].includes(code);
}

function inWords(error: unknown): unknown {
  const { code, details } = error as Partial<ServiceError>;
  return code === undefined
    ? error
    : new FailureError(`The watch failed: ${details} (${status[code]}).`, { cause: error });
}
