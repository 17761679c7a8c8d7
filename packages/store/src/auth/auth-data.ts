import type { KeyRange } from "../operations.ts";

/** Who may do what: plain data, in etcd's terms. */

/** The user and the role that may do everything. */
export const rootName = "root";

export interface AuthUser {
  readonly name: string;
  /** As bcrypt writes it ("$2a$10$..."); empty for a user who is known by a client certificate only. */
  readonly passwordHash: string;
  readonly hasNoPassword: boolean;
  /** Sorted. */
  readonly roles: readonly string[];
  /** The auth revision of the user's creation or last change of password: what was signed before is no longer good. */
  readonly credentialRevision: number;
}

export const permissionKinds = ["read", "write", "read-write"] as const;

export interface Permission {
  readonly kind: (typeof permissionKinds)[number];
  readonly range: KeyRange;
}

export interface AuthRole {
  readonly name: string;
  /** In the order of their first keys. */
  readonly permissions: readonly Permission[];
}

/** On whose behalf something is asked, as the member that was asked found out. */
export interface Caller {
  readonly user: string;
  /** Of that member's state then: a command that finds another one when it is applied is refused. */
  readonly authRevision: number;
}

/** What changes users, roles and permissions. Passwords come hashed. */
export type AuthCommand =
  | {
      readonly type: "auth-enable";
      /** What this cluster's tokens are signed with from now on. */
      readonly tokenSecret: Uint8Array;
    }
  | { readonly type: "auth-disable" }
  | {
      readonly type: "user-add";
      readonly name: string;
      readonly passwordHash: string;
      readonly hasNoPassword: boolean;
    }
  | { readonly type: "user-delete"; readonly name: string }
  | { readonly type: "user-change-password"; readonly name: string; readonly passwordHash: string }
  | { readonly type: "user-grant-role"; readonly name: string; readonly role: string }
  | { readonly type: "user-revoke-role"; readonly name: string; readonly role: string }
  | { readonly type: "role-add"; readonly name: string }
  | { readonly type: "role-delete"; readonly name: string }
  | { readonly type: "role-grant-permission"; readonly name: string; readonly permission: Permission }
  | { readonly type: "role-revoke-permission"; readonly name: string; readonly range: KeyRange };

/** Why something concerning users and permissions is refused. */
export const authRefusals = [
  "root-user-missing",
  "root-role-missing",
  "user-exists",
  "user-not-found",
  "role-exists",
  "role-not-found",
  "role-not-granted",
  "permission-not-granted",
  "invalid-auth-management",
  /** Nobody in particular asks, and only users may. */
  "no-user",
  "permission-denied",
  "auth-revision-old",
  /** The token that a call shows is not, or no longer, good. No command in a log is refused for that. */
  "invalid-token",
] as const;
export type AuthRefusal = (typeof authRefusals)[number];
