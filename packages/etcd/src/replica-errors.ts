import type { ReplicaError } from "@quorate/replica";
import { refusals, type EtcdError } from "./errors.ts";

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
    case "stopped":
      return refusals.stopped();
  }
}
