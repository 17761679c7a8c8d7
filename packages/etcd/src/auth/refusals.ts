import { grpcCodes as codes } from "@quorate/grpc";
import { authRefusals as known, type AuthRefusal, type StoreRefusal } from "@quorate/store";
import { EtcdError } from "../errors.ts";

/** What etcd says when something concerning users, roles or permissions is refused. */

const invalid = (message: string) => (): EtcdError => new EtcdError(codes.invalidArgument, `etcdserver: ${message}`);
const precondition = (message: string) => (): EtcdError =>
  new EtcdError(codes.failedPrecondition, `etcdserver: ${message}`);

export const authErrors = {
  noUser: invalid("user name is empty"),
  noRole: invalid("role name is empty"),
  notAuthenticated: invalid("authentication failed, invalid user ID or password"),
  noPermissionGiven: invalid("permission not given"),
  invalidManagement: invalid("invalid auth management"),
  oldRevision: invalid("revision of auth store is old"),
  rootUserMissing: precondition("root user does not exist"),
  rootRoleMissing: precondition("root user does not have root role"),
  userExists: precondition("user name already exists"),
  userNotFound: precondition("user name not found"),
  roleExists: precondition("role name already exists"),
  roleNotFound: precondition("role name not found"),
  roleNotGranted: precondition("role is not granted to the user"),
  permissionNotGranted: precondition("permission is not granted to the role"),
  notEnabled: precondition("authentication is not enabled"),
  denied: () => new EtcdError(codes.permissionDenied, "etcdserver: permission denied"),
  invalidToken: () => new EtcdError(codes.unauthenticated, "etcdserver: invalid auth token"),
} as const;

const errors: Readonly<Record<AuthRefusal, () => EtcdError>> = {
  "root-user-missing": authErrors.rootUserMissing,
  "root-role-missing": authErrors.rootRoleMissing,
  "user-exists": authErrors.userExists,
  "user-not-found": authErrors.userNotFound,
  "role-exists": authErrors.roleExists,
  "role-not-found": authErrors.roleNotFound,
  "role-not-granted": authErrors.roleNotGranted,
  "permission-not-granted": authErrors.permissionNotGranted,
  "invalid-auth-management": authErrors.invalidManagement,
  "no-user": authErrors.noUser,
  "permission-denied": authErrors.denied,
  "auth-revision-old": authErrors.oldRevision,
  "invalid-token": authErrors.invalidToken,
};

export function isAuthRefusal(refusal: StoreRefusal): refusal is AuthRefusal {
  return (known as readonly string[]).includes(refusal);
}

export function authRefusalError(refusal: AuthRefusal): EtcdError {
  return errors[refusal]();
}
