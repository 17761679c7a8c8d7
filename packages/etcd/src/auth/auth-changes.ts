import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { randomBytes } from "node:crypto";
import { grpcCodes } from "@quorate/grpc";
import { permissionKinds, type AuthCommand, type Permission } from "@quorate/store";
import { Permission_Type, type Permission as PermissionMessage } from "../generated/authpb/auth_pb.ts";
import {
  AuthDisableResponseSchema,
  AuthEnableResponseSchema,
  AuthRoleAddResponseSchema,
  AuthRoleDeleteResponseSchema,
  AuthRoleGrantPermissionResponseSchema,
  AuthRoleRevokePermissionResponseSchema,
  AuthUserAddResponseSchema,
  AuthUserChangePasswordResponseSchema,
  AuthUserDeleteResponseSchema,
  AuthUserGrantRoleResponseSchema,
  AuthUserRevokeRoleResponseSchema,
  type AuthRoleAddRequest,
  type AuthRoleDeleteRequest,
  type AuthRoleGrantPermissionRequest,
  type AuthRoleRevokePermissionRequest,
  type AuthUserAddRequest,
  type AuthUserChangePasswordRequest,
  type AuthUserDeleteRequest,
  type AuthUserGrantRoleRequest,
  type AuthUserRevokeRoleRequest,
} from "../generated/etcdserverpb/rpc_pb.ts";
import { EtcdError, refusals } from "../errors.ts";
import { keyRange } from "../kv-requests.ts";
import { refusalError } from "../kv-responses.ts";
import { replicaRefusal } from "../replica-errors.ts";
import { responseHeader, type Respond, type ServiceParts } from "../service-parts.ts";
import { isAcceptableHash, maxPasswordBytes } from "./passwords.ts";
import { authErrors } from "./refusals.ts";

/** etcd's Auth service, as far as it changes something: through the log. Passwords are hashed before they get there. */

/** What tokens are signed with, in bytes. */
const secretBytes = 32;

type Handler<Request, Schema extends DescMessage> = (
  parts: ServiceParts,
  request: Request,
  respond: Respond<MessageShape<Schema>>,
) => void;

/** A method whose request says all that the command needs. */
function change<Request, Schema extends DescMessage>(
  schema: Schema,
  commandOf: (request: Request) => AuthCommand,
): Handler<Request, Schema> {
  return (parts, request, respond) => propose(parts, schema, commandOf(request), respond);
}

export const authEnable = change(AuthEnableResponseSchema, () => ({
  type: "auth-enable",
  tokenSecret: randomBytes(secretBytes),
}));
export const authDisable = change(AuthDisableResponseSchema, () => ({ type: "auth-disable" }));

export const userDelete = change(AuthUserDeleteResponseSchema, ({ name }: AuthUserDeleteRequest) => ({
  type: "user-delete",
  name,
}));
export const userGrantRole = change(AuthUserGrantRoleResponseSchema, ({ user, role }: AuthUserGrantRoleRequest) => ({
  type: "user-grant-role",
  name: user,
  role,
}));
export const userRevokeRole = change(AuthUserRevokeRoleResponseSchema, ({ name, role }: AuthUserRevokeRoleRequest) => ({
  type: "user-revoke-role",
  name,
  role,
}));
export const roleAdd = change(AuthRoleAddResponseSchema, ({ name }: AuthRoleAddRequest) => {
  if (name === "") throw authErrors.noRole();
  return { type: "role-add", name };
});
export const roleDelete = change(AuthRoleDeleteResponseSchema, ({ role }: AuthRoleDeleteRequest) => ({
  type: "role-delete",
  name: role,
}));
export const roleGrantPermission = change(
  AuthRoleGrantPermissionResponseSchema,
  ({ name, perm }: AuthRoleGrantPermissionRequest) => {
    if (perm === undefined) throw authErrors.noPermissionGiven();
    return { type: "role-grant-permission", name, permission: permissionOf(perm) };
  },
);
export const roleRevokePermission = change(
  AuthRoleRevokePermissionResponseSchema,
  ({ role, key, rangeEnd }: AuthRoleRevokePermissionRequest) => ({
    type: "role-revoke-permission",
    name: role,
    range: keyRange(key, rangeEnd),
  }),
);

export const userAdd: Handler<AuthUserAddRequest, typeof AuthUserAddResponseSchema> = (parts, request, respond) => {
  const { name, options } = request;
  if (name === "") throw authErrors.noUser();
  const hasNoPassword = options?.noPassword === true;
  withHash(parts, request, hasNoPassword, respond, (passwordHash) => {
    propose(parts, AuthUserAddResponseSchema, { type: "user-add", name, passwordHash, hasNoPassword }, respond);
  });
};

export const userChangePassword: Handler<AuthUserChangePasswordRequest, typeof AuthUserChangePasswordResponseSchema> = (
  parts,
  request,
  respond,
) => {
  withHash(parts, request, false, respond, (passwordHash) => {
    const command = { type: "user-change-password", name: request.name, passwordHash } as const;
    propose(parts, AuthUserChangePasswordResponseSchema, command, respond);
  });
};

/** Hashes a request's password, or takes the hash that it brings (from another etcd) if there is no password in it. */
function withHash<T>(
  { passwords }: ServiceParts,
  { password, hashedPassword }: { readonly password: string; readonly hashedPassword: string },
  isNeedless: boolean,
  respond: Respond<T>,
  go: (hash: string) => void,
): void {
  if (isNeedless) return go("");
  if (password === "" && hashedPassword !== "") {
    const hash = Buffer.from(hashedPassword, "base64").toString("latin1");
    if (!isAcceptableHash(hash)) throw invalid("hashedPassword is not the base64 of a bcrypt hash of a cost up to 16");
    return go(hash);
  }
  if (Buffer.byteLength(password) > maxPasswordBytes) {
    throw invalid(`the password is longer than ${maxPasswordBytes} bytes, and bcrypt sees no more than those`);
  }
  passwords.hash(password, (problem, hash) => {
    if (problem === "busy") respond(refusals.tooManyRequests(), undefined);
    else if (problem !== undefined) respond(refusals.stopped(), undefined);
    else go(hash);
  });
}

function propose<Schema extends DescMessage>(
  parts: ServiceParts,
  schema: Schema,
  command: AuthCommand,
  respond: Respond<MessageShape<Schema>>,
): void {
  const bytes = parts.encodeCommand(command);
  if (bytes.length > parts.maxRequestBytes) return respond(refusals.requestTooLarge(), undefined);
  parts.replica.propose(bytes, (error, applied) => {
    if (error !== undefined) return respond(replicaRefusal(error), undefined);
    if (!applied.ok) return respond(refusalError(applied.refusal), undefined);
    const header = responseHeader(parts, applied.revision);
    respond(undefined, create<DescMessage>(schema, { header }) as MessageShape<Schema>);
  });
}

const kinds = new Map<number, Permission["kind"]>([
  [Permission_Type.READ, permissionKinds[0]],
  [Permission_Type.WRITE, permissionKinds[1]],
  [Permission_Type.READWRITE, permissionKinds[2]],
]);

function permissionOf({ permType, key, rangeEnd }: PermissionMessage): Permission {
  const kind = kinds.get(permType);
  if (kind === undefined) throw invalid(`${permType} is no kind of permission: 0 reads, 1 writes, 2 does both`);
  return { kind, range: keyRange(key, rangeEnd) };
}

function invalid(message: string): EtcdError {
  return new EtcdError(grpcCodes.invalidArgument, `quorate: ${message}`);
}
