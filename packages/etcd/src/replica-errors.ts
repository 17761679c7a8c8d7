import { grpcCodes } from "@quorate/grpc";
import type { ReplicaError } from "@quorate/replica";
import { EtcdError, refusals } from "./errors.ts";

/** Why a proposal or a read did not complete, in etcd's words: its clients know by them whether to try again. */
export function replicaRefusal(error: ReplicaError): EtcdError {
  switch (error.code) {
    case "no-leader":
      return refusals.noLeader();
    case "leader-changed":
      return refusals.leaderChanged();
    case "outcome-unknown":
      return refusals.connectionLost();
    case "timeout":
      return refusals.timeout();
    case "busy":
      return refusals.tooManyRequests();
    case "too-large":
      return refusals.requestTooLarge();
    case "refused":
      return new EtcdError(grpcCodes.failedPrecondition, `quorate: ${error.message}`);
    case "stopped":
      return refusals.stopped();
  }
}
