import { fromBinary, toBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { grpcCodes, okStatus, type Call, type Method } from "@quorate/grpc";
import type { Admission } from "../auth/admission.ts";
import { credentialsOfCall } from "../auth/credentials.ts";
import {
  CampaignRequestSchema,
  CampaignResponseSchema,
  LeaderRequestSchema,
  LeaderResponseSchema,
  ProclaimRequestSchema,
  ProclaimResponseSchema,
  ResignRequestSchema,
  ResignResponseSchema,
} from "../generated/v3electionpb/v3election_pb.ts";
import {
  LockRequestSchema,
  LockResponseSchema,
  UnlockRequestSchema,
  UnlockResponseSchema,
} from "../generated/v3lockpb/v3lock_pb.ts";
import { refusalOf } from "../kv-service.ts";
import { refusals } from "../errors.ts";
import type { Respond, ServiceParts } from "../service-parts.ts";
import { campaign, leader, proclaim, resign } from "./election-service.ts";
import { lock, unlock } from "./lock-service.ts";
import { observeMethod } from "./observe.ts";
import { defaultWaitingLimits, WaitingCalls, type WaitingLimits } from "./waiting-calls.ts";

/** etcd's Lock and Election services: some of their calls wait, for as long as the client does. */
export function concurrencyMethods(admission: Admission, limits: WaitingLimits = defaultWaitingLimits): Method[] {
  const waiting = new WaitingCalls(limits);
  const method = <Input extends DescMessage, Output extends DescMessage>(
    path: string,
    input: Input,
    output: Output,
    handle: (
      parts: ServiceParts,
      request: MessageShape<Input>,
      respond: Respond<MessageShape<Output>>,
      call: Call,
      waiting: WaitingCalls,
    ) => void,
    mayWait = false,
  ): Method => ({
    kind: "unary",
    path,
    handle: (call, bytes, respond) => {
      const answer: Respond<MessageShape<Output>> = (error, response) => {
        if (error !== undefined) respond({ code: error.code, message: error.message });
        else respond(okStatus, toBinary(output, response as MessageShape<Output>));
      };
      let request: MessageShape<Input>;
      try {
        request = fromBinary(input, bytes.slice());
      } catch {
        return respond({ code: grpcCodes.internal, message: `grpc: error unmarshalling request for ${path}` });
      }
      const requestBytes = bytes.length;
      const go = (parts: ServiceParts): void => {
        const leave = mayWait ? waiting.enter(requestBytes) : () => {};
        if (leave === undefined) return answer(refusals.tooManyRequests(), undefined);
        const last: typeof answer = (error, response) => {
          leave();
          answer(error, response);
        };
        try {
          handle(parts.hold(), request, last, call, waiting);
        } catch (thrown) {
          last(refusalOf(thrown), undefined);
        }
      };
      admission.admit(path, credentialsOfCall(call), request, go, (error) => answer(error, undefined));
    },
  });
  return [
    method("/v3lockpb.Lock/Lock", LockRequestSchema, LockResponseSchema, lock, true),
    method("/v3lockpb.Lock/Unlock", UnlockRequestSchema, UnlockResponseSchema, unlock),
    method("/v3electionpb.Election/Campaign", CampaignRequestSchema, CampaignResponseSchema, campaign, true),
    method("/v3electionpb.Election/Proclaim", ProclaimRequestSchema, ProclaimResponseSchema, proclaim),
    method("/v3electionpb.Election/Leader", LeaderRequestSchema, LeaderResponseSchema, leader),
    method("/v3electionpb.Election/Resign", ResignRequestSchema, ResignResponseSchema, resign),
    observeMethod(admission, waiting),
  ];
}
