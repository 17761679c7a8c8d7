import { create } from "@bufbuild/protobuf";
import { rootName, type Permission } from "@quorate/store";
import {
  Permission_Type,
  PermissionSchema,
  type Permission as PermissionMessage,
} from "../generated/authpb/auth_pb.ts";
import {
  AuthRoleGetResponseSchema,
  AuthRoleListResponseSchema,
  AuthStatusResponseSchema,
  AuthUserGetResponseSchema,
  AuthUserListResponseSchema,
  type AuthRoleGetRequest,
  type AuthRoleGetResponse,
  type AuthRoleListRequest,
  type AuthRoleListResponse,
  type AuthStatusRequest,
  type AuthStatusResponse,
  type AuthUserGetRequest,
  type AuthUserGetResponse,
  type AuthUserListRequest,
  type AuthUserListResponse,
} from "../generated/etcdserverpb/rpc_pb.ts";
import { replicaRefusal } from "../replica-errors.ts";
import { responseHeader, type Respond, type ServiceParts } from "../service-parts.ts";
import { authErrors } from "./refusals.ts";

/** etcd's Auth service, as far as it only tells what there is: as of all that was committed when it was asked. */

export function authStatus(
  parts: ServiceParts,
  _request: AuthStatusRequest,
  respond: Respond<AuthStatusResponse>,
): void {
  whenCurrent(parts, respond, () => {
    const { isEnabled, revision } = parts.store.auth;
    const header = responseHeader(parts, parts.store.revision);
    respond(
      undefined,
      create(AuthStatusResponseSchema, { header, enabled: isEnabled, authRevision: BigInt(revision) }),
    );
  });
}

export function userGet(
  parts: ServiceParts,
  { name }: AuthUserGetRequest,
  respond: Respond<AuthUserGetResponse>,
): void {
  whenCurrent(parts, respond, () => {
    const user = parts.store.auth.user(name);
    if (user === undefined) return respond(authErrors.userNotFound(), undefined);
    const header = responseHeader(parts, parts.store.revision);
    respond(undefined, create(AuthUserGetResponseSchema, { header, roles: [...user.roles] }));
  });
}

export function userList(
  parts: ServiceParts,
  _request: AuthUserListRequest,
  respond: Respond<AuthUserListResponse>,
): void {
  whenCurrent(parts, respond, () => {
    const header = responseHeader(parts, parts.store.revision);
    respond(undefined, create(AuthUserListResponseSchema, { header, users: parts.store.auth.userNames() }));
  });
}

export function roleGet(
  parts: ServiceParts,
  { role }: AuthRoleGetRequest,
  respond: Respond<AuthRoleGetResponse>,
): void {
  whenCurrent(parts, respond, () => {
    const found = parts.store.auth.role(role);
    if (found === undefined) return respond(authErrors.roleNotFound(), undefined);
    const perm = role === rootName ? [everything()] : found.permissions.map(messageOf);
    respond(
      undefined,
      create(AuthRoleGetResponseSchema, { header: responseHeader(parts, parts.store.revision), perm }),
    );
  });
}

export function roleList(
  parts: ServiceParts,
  _request: AuthRoleListRequest,
  respond: Respond<AuthRoleListResponse>,
): void {
  whenCurrent(parts, respond, () => {
    const header = responseHeader(parts, parts.store.revision);
    respond(undefined, create(AuthRoleListResponseSchema, { header, roles: parts.store.auth.roleNames() }));
  });
}

function whenCurrent<T>(parts: ServiceParts, respond: Respond<T>, read: () => void): void {
  parts.replica.readBarrier((error) => {
    if (error === undefined) read();
    else respond(replicaRefusal(error), undefined);
  });
}

const types: Readonly<Record<Permission["kind"], Permission_Type>> = {
  read: Permission_Type.READ,
  write: Permission_Type.WRITE,
  "read-write": Permission_Type.READWRITE,
};

function messageOf({ kind, range }: Permission): PermissionMessage {
  return create(PermissionSchema, {
    permType: types[kind],
    key: range.key,
    rangeEnd: range.end ?? new Uint8Array(0),
  });
}

/** What etcd shows of the role root: all keys, as a range from the empty key on. */
function everything(): PermissionMessage {
  return create(PermissionSchema, { permType: Permission_Type.READWRITE, rangeEnd: Uint8Array.of(0) });
}
