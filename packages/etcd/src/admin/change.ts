import { create } from "@bufbuild/protobuf";
import { grpcCodes } from "@quorate/grpc";
import { parsePeerUrl, type MembershipOperation } from "@quorate/replica";
import { EtcdError } from "../errors.ts";
import { ChangeResponseSchema, type ChangeRequest, type ChangeResponse } from "../generated/quorate/v1/admin_pb.ts";
import { newMemberId } from "../members.ts";
import { replicaRefusal } from "../replica-errors.ts";
import type { Respond, ServiceParts } from "../service-parts.ts";
import { checkTiming } from "./check-timing.ts";
import { description } from "./describe.ts";

/** Admin.Change: one operation on members, leadership or timing; answered when it is over. */
export function change(parts: ServiceParts, request: ChangeRequest, respond: Respond<ChangeResponse>): void {
  const operation = operationIn(request);
  if (operation.kind === "timing") checkTiming(parts.replica.status, operation.timing.electionTimeoutMs);
  const addedId = BigInt(operation.kind === "add" ? operation.member.id : 0);
  parts.replica.administer(operation, (error) => {
    if (error !== undefined) return respond(replicaRefusal(error), undefined);
    respond(undefined, create(ChangeResponseSchema, { addedId, cluster: description(parts) }));
  });
}

function operationIn({ operation }: ChangeRequest): MembershipOperation {
  switch (operation.case) {
    case "add": {
      const { id, name, peerUrls, isPromotable, priority } = operation.value;
      const own = id === 0n ? newMemberId() : idIn(id);
      return {
        kind: "add",
        member: { id: own, name, peerUrls: urlsIn(peerUrls), ...priorityIn(priority) },
        isPromotable,
      };
    }
    case "remove":
    case "promote":
      return { kind: operation.case, id: idIn(operation.value.id) };
    case "update": {
      const { id, name, peerUrls, priority } = operation.value;
      return { kind: "update", member: { id: idIn(id), name, peerUrls: urlsIn(peerUrls), ...priorityIn(priority) } };
    }
    case "voters":
      return { kind: "voters", voters: operation.value.ids.map(idIn) };
    case "timing": {
      const { electionTimeoutMs, clockDriftPpm } = operation.value;
      return { kind: "timing", timing: { electionTimeoutMs, clockDriftPpm } };
    }
    case "abandon":
      return { kind: "abandon" };
    case "transfer": {
      const { to } = operation.value;
      return { kind: "transfer", to: to === 0n ? undefined : idIn(to) };
    }
    case undefined:
      throw invalid("no operation is named: is this client newer than the server?");
  }
}

function idIn(id: bigint): number {
  if (id >= 1n && id <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(id);
  throw invalid(`${id} is no member id: ids are integers from 1 to 2^53 - 1`);
}

function urlsIn(urls: readonly string[]): string[] {
  const wrong = urls.find((url) => !URL.canParse(url) || parsePeerUrl(url) === undefined);
  if (urls.length === 0 || wrong !== undefined) {
    throw invalid(
      `${wrong === undefined ? "no peer URL is given" : `"${wrong}" is no URL`}: http://10.0.0.1:2380 is one`,
    );
  }
  return [...urls];
}

/** 0 is what a member has that says nothing. */
function priorityIn(priority: number): { readonly priority?: number } {
  if (priority > 100) throw invalid(`${priority} is no priority: priorities are integers from 0 to 100`);
  return priority === 0 ? {} : { priority };
}

function invalid(message: string): EtcdError {
  return new EtcdError(grpcCodes.invalidArgument, `quorate: ${message}`);
}
