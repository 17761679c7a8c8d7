import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import {
  RangeRequest_SortOrder as SortOrder,
  RangeResponseSchema,
  type RangeRequestSchema,
  type RangeResponse,
  type RangeStreamResponse,
} from "@quorate/etcd/api";
import { CallError, type Calls } from "./calls.ts";
import { range, rangeStream } from "./etcd-methods.ts";

type Request = MessageInitShape<typeof RangeRequestSchema>;

/**
 * Reads a range; a large one in parts, where the server can, so that it never has all of it in memory at once (etcd before 3.7 cannot).
 * Either way the answer is the same.
 */
export async function readRange(calls: Calls, request: Request): Promise<RangeResponse> {
  if (!mayBeLarge(request)) return calls.call(range, request);
  try {
    return merged(await calls.all(rangeStream, request));
  } catch (error) {
    if (!(error instanceof CallError) || error.code !== status.UNIMPLEMENTED) throw error;
    return calls.call(range, request);
  }
}

/** Without an end it is one key. What is sorted is not streamed. */
function mayBeLarge({ rangeEnd, limit, countOnly, sortOrder }: Request): boolean {
  const isRange = rangeEnd !== undefined && rangeEnd.length > 0;
  return isRange && (limit ?? 0n) === 0n && countOnly !== true && (sortOrder ?? SortOrder.NONE) === SortOrder.NONE;
}

/** As protobuf merges messages: each part has what the others lack. */
function merged(parts: readonly RangeStreamResponse[]): RangeResponse {
  const whole = create(RangeResponseSchema);
  for (const { rangeResponse } of parts) {
    if (rangeResponse === undefined) continue;
    const { header, kvs, more, count } = rangeResponse;
    if (header !== undefined) whole.header = header;
    for (const kv of kvs) whole.kvs.push(kv);
    whole.more ||= more;
    whole.count += count;
  }
  return whole;
}
