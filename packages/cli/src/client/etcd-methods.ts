import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Auth, Cluster, KV, Lease, Maintenance, Watch } from "@quorate/etcd/api";
import type { Method } from "./calls.ts";

// The methods of etcd's v3 API that the command calls. Those that only read may be sent again to another member.

export const range = reading(KV.method.range);
/** The same in parts; not every etcd has it. */
export const rangeStream = reading(KV.method.rangeStream);
export const put = writing(KV.method.put);
export const deleteRange = writing(KV.method.deleteRange);
export const txn = writing(KV.method.txn);
/** A transaction that only reads. */
export const readingTxn = reading(KV.method.txn);
export const compact = writing(KV.method.compact);

export const watch = writing(Watch.method.watch);

export const leaseGrant = writing(Lease.method.leaseGrant);
export const leaseRevoke = writing(Lease.method.leaseRevoke);
export const leaseKeepAlive = writing(Lease.method.leaseKeepAlive);
export const leaseTimeToLive = reading(Lease.method.leaseTimeToLive);
export const leaseLeases = reading(Lease.method.leaseLeases);

export const memberList = reading(Cluster.method.memberList);

export const memberStatus = reading(Maintenance.method.status);
export const hashKv = reading(Maintenance.method.hashKV);
export const alarm = writing(Maintenance.method.alarm);
export const listAlarms = reading(Maintenance.method.alarm);
export const defragment = writing(Maintenance.method.defragment);

export const authEnable = writing(Auth.method.authEnable);
export const authDisable = writing(Auth.method.authDisable);
export const authStatus = reading(Auth.method.authStatus);
export const authenticate = reading(Auth.method.authenticate);
export const userAdd = writing(Auth.method.userAdd);
export const userGet = reading(Auth.method.userGet);
export const userList = reading(Auth.method.userList);
export const userDelete = writing(Auth.method.userDelete);
export const userChangePassword = writing(Auth.method.userChangePassword);
export const userGrantRole = writing(Auth.method.userGrantRole);
export const userRevokeRole = writing(Auth.method.userRevokeRole);
export const roleAdd = writing(Auth.method.roleAdd);
export const roleGet = reading(Auth.method.roleGet);
export const roleList = reading(Auth.method.roleList);
export const roleDelete = writing(Auth.method.roleDelete);
export const roleGrantPermission = writing(Auth.method.roleGrantPermission);
export const roleRevokePermission = writing(Auth.method.roleRevokePermission);

type Described<Input extends DescMessage, Output extends DescMessage> = DescMethod & {
  readonly input: Input;
  readonly output: Output;
};

function reading<Input extends DescMessage, Output extends DescMessage>(described: Described<Input, Output>) {
  return method(described, true);
}

function writing<Input extends DescMessage, Output extends DescMessage>(described: Described<Input, Output>) {
  return method(described, false);
}

function method<Input extends DescMessage, Output extends DescMessage>(
  { parent, name, input, output }: Described<Input, Output>,
  readOnly: boolean,
): Method<MessageInitShape<Input>, MessageShape<Output>> {
  return {
    path: `/${parent.typeName}/${name}`,
    readOnly,
    encode: (request) => toBinary(input, create(input, request)),
    decode: (bytes) => fromBinary(output, bytes),
  };
}
