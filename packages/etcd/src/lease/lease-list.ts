import { create, toBinary } from "@bufbuild/protobuf";
import { okStatus, type Method, type Respond } from "@quorate/grpc";
import { withParts } from "../auth/admit-call.ts";
import type { Admission } from "../auth/admission.ts";
import { authRefusalError } from "../auth/refusals.ts";
import { LeaseLeasesResponseSchema } from "../generated/etcdserverpb/rpc_pb.ts";
import { bigIntFieldSize, lengthDelimitedSize, WireWriter } from "../hot/wire-writer.ts";
import { responseHeader, type ServiceParts } from "../service-parts.ts";

/** Leases that are written in one step: a hundred thousand must make no heartbeat late. */
const leasesPerStep = 4096;

/**
 * Lists the leases that this member knows, as etcd does, in no order; written in steps, and by hand. With auth it is for whoever may
 * read every key that hangs on any of them, as in etcd.
 */
export function leaseListMethod(admission: Admission): Method {
  return {
    kind: "unary",
    path: "/etcdserverpb.Lease/LeaseLeases",
    // The request says nothing.
    handle: (call, _bytes, respond) => {
      withParts(admission, call, respond, (parts) => writeAll(parts, respond));
    },
  };
}

function writeAll(parts: ServiceParts, respond: Respond): void {
  const seesAll = parts.guard.refusalOfAdministration() === undefined;
  const header = responseHeader(parts, parts.store.revision);
  const pieces: Uint8Array[] = [toBinary(LeaseLeasesResponseSchema, create(LeaseLeasesResponseSchema, { header }))];
  const leases = parts.store.leases.all()[Symbol.iterator]();
  const step = (): void => {
    const ids: bigint[] = [];
    while (ids.length < leasesPerStep) {
      const next = leases.next();
      if (next.done === true) break;
      const refusal = seesAll ? undefined : parts.guard.refusalOfLease("read", next.value.id);
      if (refusal !== undefined) return respond(authRefusalError(refusal));
      ids.push(next.value.id);
    }
    if (ids.length > 0) pieces.push(listOf(ids));
    if (ids.length < leasesPerStep) respond(okStatus, Buffer.concat(pieces));
    else setImmediate(step);
  };
  step();
}

/** `repeated LeaseStatus leases = 2`, each with `int64 ID = 1`. */
function listOf(ids: readonly bigint[]): Uint8Array {
  const sizes = ids.map(bigIntFieldSize);
  const writer = new WireWriter(sizes.reduce((sum, size) => sum + lengthDelimitedSize(size), 0));
  for (const [at, id] of ids.entries()) {
    writer.lengthDelimited(2, sizes[at] as number);
    writer.bigIntField(1, id);
  }
  return writer.bytes;
}
