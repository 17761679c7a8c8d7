import { create } from "@bufbuild/protobuf";
import { AlarmRequestSchema, AlarmType } from "../generated/etcdserverpb/rpc_pb.ts";
import { keyRange } from "../kv-requests.ts";
import { alarm } from "../maintenance/alarm.ts";
import { replicaRefusal } from "../replica-errors.ts";
import type { ServiceParts } from "../service-parts.ts";

/** Completes with why it did not pass; undefined when it did. */
export type HealthCheck = (done: (failure: string | undefined) => void) => void;

/** What a member can be asked for: each is one thing that may be wrong. */
export interface HealthChecks {
  /** Alarms that stand, whichever member raised them, as far as is known here: "NOSPACE", "CORRUPT". */
  readonly alarms: (done: (names: ReadonlySet<string>) => void) => void;
  readonly serializableRead: HealthCheck;
  readonly linearizableRead: HealthCheck;
  readonly dataCorruption: HealthCheck;
  readonly nonLearner: HealthCheck;
}

/** `parts`: the member's own, which may read everything. */
export function healthChecks(parts: ServiceParts): HealthChecks {
  const { replica, store } = parts;
  const alarms: HealthChecks["alarms"] = (done) =>
    alarm(parts, create(AlarmRequestSchema, {}), (_, response) =>
      done(new Set((response?.alarms ?? []).map((one) => nameOf(one.alarm)))),
    );
  const read: HealthCheck = (done) =>
    // A refusal would be an answer too: the state can be read.
    store.range(firstKey, (error) => done(error === undefined ? undefined : `range error: ${error.message}`));
  return {
    alarms,
    serializableRead: read,
    linearizableRead: (done) =>
      replica.readBarrier((error) => {
        if (error === undefined) read(done);
        else done(`range error: ${replicaRefusal(error).message}`);
      }),
    dataCorruption: (done) => alarms((names) => done(names.has("CORRUPT") ? "alarm activated: CORRUPT" : undefined)),
    nonLearner: (done) => {
      const { configuration, memberId } = replica.status;
      done(configuration.learners.includes(memberId) ? "not supported for learner" : undefined);
    },
  };
}

function nameOf(alarm: AlarmType): string {
  return Object.entries(AlarmType).find(([, value]) => value === alarm)?.[0] ?? "UNKNOWN";
}

const firstKey: Parameters<ServiceParts["store"]["range"]>[0] = {
  type: "range",
  range: keyRange(Uint8Array.of(0), Uint8Array.of(0)),
  limit: 1,
  revision: 0,
  sortOrder: "none",
  sortTarget: "key",
  keysOnly: true,
  countOnly: false,
  minModRevision: 0,
  maxModRevision: 0,
  minCreateRevision: 0,
  maxCreateRevision: 0,
};
