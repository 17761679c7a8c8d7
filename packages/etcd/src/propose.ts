import type { CommandResult, PlainCommand } from "@quorate/store";
import { refusals } from "./errors.ts";
import type { ResponseHeader } from "./generated/etcdserverpb/rpc_pb.ts";
import { refusalError } from "./kv-responses.ts";
import { replicaRefusal } from "./replica-errors.ts";
import { responseHeader, type Respond, type ServiceParts } from "./service-parts.ts";

/** What an accepted command gave. */
export type Applied = Extract<CommandResult, { ok: true }>["result"];

/**
 * Takes a command through the log and answers with what it gave. What is refused at once is an answer too, and never thrown: some
 * callers are by then behind a step that took time, where nobody would catch it.
 */
export function propose<Response>(
  parts: ServiceParts,
  command: PlainCommand,
  respond: Respond<Response>,
  toResponse: (header: ResponseHeader, result: Applied) => Response,
): void {
  const full = parts.quota.refusalOf(command);
  if (full !== undefined) return respond(full, undefined);
  const bytes = parts.encodeCommand(command);
  if (bytes.length > parts.maxRequestBytes) return respond(refusals.requestTooLarge(), undefined);
  parts.replica.propose(bytes, (error, applied) => {
    if (error !== undefined) return respond(replicaRefusal(error), undefined);
    if (!applied.ok) return respond(refusalError(applied.refusal), undefined);
    respond(undefined, toResponse(responseHeader(parts, applied.revision), applied.result));
  });
}

/** A result of another kind than the command asks for: a mistake of ours. */
export function unexpected(type: string): Error {
  return new Error(`the state machine answered with a result of type ${type} to a command of another`);
}
