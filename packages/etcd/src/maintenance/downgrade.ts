import { refusals } from "../errors.ts";
import { DowngradeRequest_DowngradeAction, type DowngradeRequest } from "../generated/etcdserverpb/rpc_pb.ts";
import type { ServiceParts } from "../service-parts.ts";

/** "3.5" or "3.5.0", the latter with whatever may follow a version, as etcd reads it. */
const versionFormat = /^\d+\.\d+(\.\d+([-+][0-9A-Za-z.+-]+)?)?$/;

/**
 * etcd's Maintenance.Downgrade: whether, and that, members may be replaced by ones of an older version. There is one version of what
 * Quorate keeps, and none before it: no version is a target, and no downgrade is ever under way. To say yes to etcd 3.5, which is
 * older than the interface that is served, would have an operator start a program that cannot read what is on the disk.
 */
export function downgrade(_parts: ServiceParts, { action, version }: DowngradeRequest): never {
  switch (action) {
    case DowngradeRequest_DowngradeAction.VALIDATE:
    case DowngradeRequest_DowngradeAction.ENABLE:
      throw versionFormat.test(version) ? refusals.badDowngradeTarget() : refusals.badDowngradeVersion();
    case DowngradeRequest_DowngradeAction.CANCEL:
      throw refusals.noDowngrade();
    default:
      throw refusals.unknownMethod();
  }
}
