/**
 * etcd's gateway paths below `/v3`, by the gRPC method that each calls: those of 3.4 and of 3.5, and the ones that 3.4 has for
 * leases beside. All are asked with POST.
 */
const paths: readonly (readonly [method: string, ...paths: string[]])[] = [
  ["etcdserverpb.KV/Range", "/kv/range"],
  ["etcdserverpb.KV/Put", "/kv/put"],
  ["etcdserverpb.KV/DeleteRange", "/kv/deleterange"],
  ["etcdserverpb.KV/Txn", "/kv/txn"],
  ["etcdserverpb.KV/Compact", "/kv/compaction"],
  ["etcdserverpb.Watch/Watch", "/watch"],
  ["etcdserverpb.Lease/LeaseGrant", "/lease/grant"],
  ["etcdserverpb.Lease/LeaseRevoke", "/lease/revoke", "/kv/lease/revoke"],
  ["etcdserverpb.Lease/LeaseKeepAlive", "/lease/keepalive"],
  ["etcdserverpb.Lease/LeaseTimeToLive", "/lease/timetolive", "/kv/lease/timetolive"],
  ["etcdserverpb.Lease/LeaseLeases", "/lease/leases", "/kv/lease/leases"],
  ["etcdserverpb.Cluster/MemberAdd", "/cluster/member/add"],
  ["etcdserverpb.Cluster/MemberRemove", "/cluster/member/remove"],
  ["etcdserverpb.Cluster/MemberUpdate", "/cluster/member/update"],
  ["etcdserverpb.Cluster/MemberList", "/cluster/member/list"],
  ["etcdserverpb.Cluster/MemberPromote", "/cluster/member/promote"],
  ["etcdserverpb.Maintenance/Alarm", "/maintenance/alarm"],
  ["etcdserverpb.Maintenance/Status", "/maintenance/status"],
  ["etcdserverpb.Maintenance/Defragment", "/maintenance/defragment"],
  ["etcdserverpb.Maintenance/Hash", "/maintenance/hash"],
  ["etcdserverpb.Maintenance/HashKV", "/maintenance/hashkv"],
  ["etcdserverpb.Maintenance/Snapshot", "/maintenance/snapshot"],
  ["etcdserverpb.Maintenance/MoveLeader", "/maintenance/transfer-leadership"],
  ["etcdserverpb.Maintenance/Downgrade", "/maintenance/downgrade"],
  ["etcdserverpb.Auth/AuthEnable", "/auth/enable"],
  ["etcdserverpb.Auth/AuthDisable", "/auth/disable"],
  ["etcdserverpb.Auth/AuthStatus", "/auth/status"],
  ["etcdserverpb.Auth/Authenticate", "/auth/authenticate"],
  ["etcdserverpb.Auth/UserAdd", "/auth/user/add"],
  ["etcdserverpb.Auth/UserGet", "/auth/user/get"],
  ["etcdserverpb.Auth/UserList", "/auth/user/list"],
  ["etcdserverpb.Auth/UserDelete", "/auth/user/delete"],
  ["etcdserverpb.Auth/UserChangePassword", "/auth/user/changepw"],
  ["etcdserverpb.Auth/UserGrantRole", "/auth/user/grant"],
  ["etcdserverpb.Auth/UserRevokeRole", "/auth/user/revoke"],
  ["etcdserverpb.Auth/RoleAdd", "/auth/role/add"],
  ["etcdserverpb.Auth/RoleGet", "/auth/role/get"],
  ["etcdserverpb.Auth/RoleList", "/auth/role/list"],
  ["etcdserverpb.Auth/RoleDelete", "/auth/role/delete"],
  ["etcdserverpb.Auth/RoleGrantPermission", "/auth/role/grant"],
  ["etcdserverpb.Auth/RoleRevokePermission", "/auth/role/revoke"],
  ["v3lockpb.Lock/Lock", "/lock/lock"],
  ["v3lockpb.Lock/Unlock", "/lock/unlock"],
  ["v3electionpb.Election/Campaign", "/election/campaign"],
  ["v3electionpb.Election/Proclaim", "/election/proclaim"],
  ["v3electionpb.Election/Leader", "/election/leader"],
  ["v3electionpb.Election/Observe", "/election/observe"],
  ["v3electionpb.Election/Resign", "/election/resign"],
];

/** 3.4 and later know the beta's prefix too; the alpha's went with 3.4. */
export const gatewayPrefixes = ["/v3", "/v3beta"] as const;

/** Method paths ("/etcdserverpb.KV/Range") by gateway path ("/v3/kv/range"). */
export const gatewayPaths: ReadonlyMap<string, string> = new Map(
  paths.flatMap(([method, ...own]) =>
    own.flatMap((path) => gatewayPrefixes.map((prefix) => [`${prefix}${path}`, `/${method}`] as const)),
  ),
);
