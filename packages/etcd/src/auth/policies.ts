import type { AuthRefusal, AuthView } from "@quorate/store";
import type { AlarmRequest, AuthRoleGetRequest, AuthUserGetRequest } from "../generated/etcdserverpb/rpc_pb.ts";
import { AlarmRequest_AlarmAction } from "../generated/etcdserverpb/rpc_pb.ts";
import type { ChangeRequest } from "../generated/quorate/v1/admin_pb.ts";
import type { Guard } from "./guard.ts";

/** What a method demands of its caller before anything else is done. What concerns keys is checked where they are read and written. */
export interface Policy {
  /**
   * "cluster": as of all that was committed when the call came, so that a member that lags behind lets nobody in whose rights have
   * been taken away. "here": as of this member's state, which needs no leader.
   */
  readonly asOf: "here" | "cluster";
  /** What may be needed before anything can be committed again waits for that a moment only. */
  readonly isWayOut?: (request: unknown) => boolean;
  readonly refusal: (guard: Guard, auth: AuthView, request: unknown) => AuthRefusal | undefined;
}

export const anyone: Policy = { asOf: "here", refusal: () => undefined };
const user: Policy = { asOf: "here", refusal: (guard) => guard.refusalOfUser() };
const root: Policy = { asOf: "here", refusal: (guard) => guard.refusalOfAdministration() };
const rootOfCluster: Policy = { asOf: "cluster", refusal: root.refusal };
/** To give up a change of members whose new voters are gone is what brings a quorum back. */
const change: Policy = {
  ...rootOfCluster,
  isWayOut: (request) => (request as ChangeRequest | undefined)?.operation.case === "abandon",
};

/** Everybody may look at themselves, and at the roles that they have. */
const aboutUser: Policy = {
  asOf: "cluster",
  refusal: (guard, _, request) =>
    guard.user === (request as AuthUserGetRequest).name ? guard.refusalOfUser() : guard.refusalOfAdministration(),
};
const aboutRole: Policy = {
  asOf: "cluster",
  refusal: (guard, auth, request) => {
    const hasRole = auth.user(guard.user ?? "")?.roles.includes((request as AuthRoleGetRequest).role) === true;
    return hasRole ? guard.refusalOfUser() : guard.refusalOfAdministration();
  },
};

/** Alarms are shown to every user, and changed by the administrator. */
const alarm: Policy = {
  asOf: "here",
  refusal: (guard, _, request) =>
    (request as AlarmRequest).action === AlarmRequest_AlarmAction.GET
      ? guard.refusalOfUser()
      : guard.refusalOfAdministration(),
};

const policies: Readonly<Record<string, Policy>> = {
  "/etcdserverpb.Auth/Authenticate": anyone,
  "/etcdserverpb.Auth/AuthStatus": rootOfCluster,
  "/etcdserverpb.Auth/UserGet": aboutUser,
  "/etcdserverpb.Auth/RoleGet": aboutRole,
  "/etcdserverpb.Auth/UserList": rootOfCluster,
  "/etcdserverpb.Auth/RoleList": rootOfCluster,
  "/etcdserverpb.KV/Range": user,
  "/etcdserverpb.KV/RangeStream": user,
  "/etcdserverpb.KV/Put": user,
  "/etcdserverpb.KV/DeleteRange": user,
  "/etcdserverpb.KV/Txn": user,
  // Each watch that is created on the stream is checked, and told why not.
  "/etcdserverpb.Watch/Watch": anyone,
  "/etcdserverpb.Lease/LeaseGrant": user,
  "/etcdserverpb.Lease/LeaseRevoke": user,
  "/etcdserverpb.Lease/LeaseKeepAlive": user,
  "/etcdserverpb.Lease/LeaseTimeToLive": user,
  "/etcdserverpb.Lease/LeaseLeases": user,
  "/v3lockpb.Lock/Lock": user,
  "/v3lockpb.Lock/Unlock": user,
  "/v3electionpb.Election/Campaign": user,
  "/v3electionpb.Election/Proclaim": user,
  "/v3electionpb.Election/Leader": user,
  "/v3electionpb.Election/Observe": user,
  "/v3electionpb.Election/Resign": user,
  "/etcdserverpb.Cluster/MemberList": user,
  "/etcdserverpb.Cluster/MemberAdd": rootOfCluster,
  "/etcdserverpb.Cluster/MemberRemove": rootOfCluster,
  "/etcdserverpb.Cluster/MemberUpdate": rootOfCluster,
  "/etcdserverpb.Cluster/MemberPromote": rootOfCluster,
  "/etcdserverpb.Maintenance/Status": user,
  "/etcdserverpb.Maintenance/Alarm": alarm,
  "/etcdserverpb.Maintenance/MoveLeader": rootOfCluster,
  "/quorate.v1.Admin/Describe": user,
  "/quorate.v1.Admin/Change": change,
  "/grpc.health.v1.Health/Check": anyone,
  "/grpc.health.v1.Health/Watch": anyone,
};

/** A method that is not in the table is the administrator's. */
export function policyOf(path: string): Policy {
  return policies[path] ?? root;
}
