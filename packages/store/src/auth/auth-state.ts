import { textOf } from "../key-text.ts";
import type { KeyRange } from "../operations.ts";
import { utf8Of } from "../utf8.ts";
import { AllowedRanges } from "./allowed-ranges.ts";
import {
  rootName,
  type AuthCommand,
  type AuthRefusal,
  type AuthRole,
  type AuthUser,
  type Caller,
  type Permission,
} from "./auth-data.ts";

/** What is known of users and roles, for those who only read it. */
export interface AuthView {
  readonly isEnabled: boolean;
  /** 1 at first; rises with every change of users, roles and permissions. */
  readonly revision: number;
  /** What tokens are signed with; empty before auth was first enabled. */
  readonly tokenSecret: Uint8Array;
  user(name: string): AuthUser | undefined;
  role(name: string): AuthRole | undefined;
  /** In the order of their UTF-8. */
  userNames(): string[];
  roleNames(): string[];
  /** Why the caller may not do what only the administrator may; undefined when it may, or auth is disabled. */
  refusalOfAdministration(caller: Caller | undefined): AuthRefusal | undefined;
  /** Why the caller is not taken for a user; undefined when it is, or auth is disabled. */
  refusalOfUser(caller: Caller | undefined): AuthRefusal | undefined;
  /** Why the caller may not read, or write, every key of a range. */
  refusalOfKeys(caller: Caller | undefined, access: "read" | "write", range: KeyRange): AuthRefusal | undefined;
}

interface Allowed {
  readonly read: AllowedRanges;
  readonly write: AllowedRanges;
}

export const firstAuthRevision = 1;

/** Whether auth is enabled, and what goes with that. */
export interface AuthHead {
  readonly isEnabled: boolean;
  readonly revision: number;
  readonly tokenSecret: Uint8Array;
}

/** Told of what must be made durable; undefined for what was removed. */
export interface AuthObserver {
  head(head: AuthHead): void;
  user(name: string, user: AuthUser | undefined): void;
  role(name: string, role: AuthRole | undefined): void;
}

/** Users, roles and permissions, and whether they count: no part of the revisioned state. The rules are etcd's. */
export class AuthState implements AuthView {
  readonly #observer: AuthObserver;
  readonly #users = new Map<string, AuthUser>();
  readonly #roles = new Map<string, AuthRole>();
  #isEnabled = false;
  #revision = firstAuthRevision;
  #tokenSecret: Uint8Array = new Uint8Array(0);
  /** By user; made when it is needed. */
  readonly #allowed = new Map<string, Allowed>();

  constructor(observer: AuthObserver) {
    this.#observer = observer;
  }

  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  get revision(): number {
    return this.#revision;
  }

  get tokenSecret(): Uint8Array {
    return this.#tokenSecret;
  }

  user(name: string): AuthUser | undefined {
    return this.#users.get(name);
  }

  role(name: string): AuthRole | undefined {
    return this.#roles.get(name);
  }

  userNames(): string[] {
    return sortedNames(this.#users.keys());
  }

  roleNames(): string[] {
    return sortedNames(this.#roles.keys());
  }

  /** What a checkpoint has kept. */
  restoreHead(head: AuthHead): void {
    this.#isEnabled = head.isEnabled;
    this.#revision = head.revision;
    this.#tokenSecret = head.tokenSecret;
  }

  restoreUser(user: AuthUser): void {
    this.#users.set(user.name, user);
  }

  restoreRole(role: AuthRole): void {
    this.#roles.set(role.name, role);
  }

  refusalOfAdministration(caller: Caller | undefined): AuthRefusal | undefined {
    if (!this.#isEnabled) return undefined;
    return this.refusalOfUser(caller) ?? (this.#isRoot(caller) ? undefined : "permission-denied");
  }

  refusalOfUser(caller: Caller | undefined): AuthRefusal | undefined {
    if (!this.#isEnabled) return undefined;
    if (caller === undefined) return "no-user";
    if (caller.authRevision < this.#revision) return "auth-revision-old";
    return this.#users.has(caller.user) ? undefined : "permission-denied";
  }

  refusalOfKeys(caller: Caller | undefined, access: "read" | "write", range: KeyRange): AuthRefusal | undefined {
    if (!this.#isEnabled) return undefined;
    const refusal = this.refusalOfUser(caller);
    if (refusal !== undefined || caller === undefined) return refusal;
    if (this.#isRoot(caller) || this.#allowedTo(caller.user)[access].allows(range)) return undefined;
    return "permission-denied";
  }

  /** Carries out a command; one that is refused has changed nothing. */
  apply(command: AuthCommand): AuthRefusal | undefined {
    switch (command.type) {
      case "auth-enable":
        return this.#enable(command.tokenSecret);
      case "auth-disable":
        return this.#disable();
      case "user-add":
        return this.#addUser(command.name, command.passwordHash, command.hasNoPassword);
      case "user-delete":
        return this.#deleteUser(command.name);
      case "user-change-password":
        return this.#changePassword(command.name, command.passwordHash);
      case "user-grant-role":
        return this.#grantRole(command.name, command.role);
      case "user-revoke-role":
        return this.#revokeRole(command.name, command.role);
      case "role-add":
        return this.#addRole(command.name);
      case "role-delete":
        return this.#deleteRole(command.name);
      case "role-grant-permission":
        return this.#grantPermission(command.name, command.permission);
      case "role-revoke-permission":
        return this.#revokePermission(command.name, command.range);
    }
  }

  #isRoot(caller: Caller | undefined): boolean {
    return caller !== undefined && this.#users.get(caller.user)?.roles.includes(rootName) === true;
  }

  #allowedTo(user: string): Allowed {
    const known = this.#allowed.get(user);
    if (known !== undefined) return known;
    const roles = this.#users.get(user)?.roles ?? [];
    const permissions = roles.flatMap((role) => this.#roles.get(role)?.permissions ?? []);
    const rangesOf = (other: Permission["kind"]): AllowedRanges =>
      new AllowedRanges(permissions.filter(({ kind }) => kind !== other).map(({ range }) => range));
    const allowed = { read: rangesOf("write"), write: rangesOf("read") };
    this.#allowed.set(user, allowed);
    return allowed;
  }

  /** Enabling is no change of users or roles: the revision stays, as in etcd. */
  #enable(tokenSecret: Uint8Array): AuthRefusal | undefined {
    if (this.#isEnabled) return undefined;
    const root = this.#users.get(rootName);
    if (root === undefined) return "root-user-missing";
    if (!root.roles.includes(rootName)) return "root-role-missing";
    this.#isEnabled = true;
    this.#tokenSecret = tokenSecret.slice();
    this.#tellHead();
    return undefined;
  }

  #disable(): undefined {
    if (!this.#isEnabled) return;
    this.#isEnabled = false;
    this.#bump();
  }

  #addUser(name: string, passwordHash: string, hasNoPassword: boolean): AuthRefusal | undefined {
    if (this.#users.has(name)) return "user-exists";
    this.#bump();
    this.#put({ name, passwordHash, hasNoPassword, roles: [], credentialRevision: this.#revision });
    return undefined;
  }

  #deleteUser(name: string): AuthRefusal | undefined {
    if (this.#isEnabled && name === rootName) return "invalid-auth-management";
    if (!this.#users.delete(name)) return "user-not-found";
    this.#observer.user(name, undefined);
    this.#bump();
    return undefined;
  }

  #changePassword(name: string, passwordHash: string): AuthRefusal | undefined {
    const user = this.#users.get(name);
    if (user === undefined) return "user-not-found";
    this.#bump();
    const hash = user.hasNoPassword ? "" : passwordHash;
    this.#put({ ...user, passwordHash: hash, credentialRevision: this.#revision });
    return undefined;
  }

  #grantRole(name: string, role: string): AuthRefusal | undefined {
    const user = this.#users.get(name);
    if (user === undefined) return "user-not-found";
    if (role !== rootName && !this.#roles.has(role)) return "role-not-found";
    if (user.roles.includes(role)) return undefined;
    this.#bump();
    this.#put({ ...user, roles: sortedNames([...user.roles, role]) });
    return undefined;
  }

  #revokeRole(name: string, role: string): AuthRefusal | undefined {
    if (this.#isEnabled && name === rootName && role === rootName) return "invalid-auth-management";
    const user = this.#users.get(name);
    if (user === undefined) return "user-not-found";
    if (!user.roles.includes(role)) return "role-not-granted";
    this.#bump();
    this.#put({ ...user, roles: user.roles.filter((other) => other !== role) });
    return undefined;
  }

  #addRole(name: string): AuthRefusal | undefined {
    if (this.#roles.has(name)) return "role-exists";
    this.#bump();
    this.#putRole({ name, permissions: [] });
    return undefined;
  }

  #deleteRole(name: string): AuthRefusal | undefined {
    if (this.#isEnabled && name === rootName) return "invalid-auth-management";
    if (!this.#roles.delete(name)) return "role-not-found";
    this.#observer.role(name, undefined);
    for (const user of this.#users.values()) {
      if (user.roles.includes(name)) this.#put({ ...user, roles: user.roles.filter((role) => role !== name) });
    }
    this.#bump();
    return undefined;
  }

  #grantPermission(name: string, permission: Permission): AuthRefusal | undefined {
    if (!isGrantable(permission.range)) return "invalid-auth-management";
    const role = this.#roles.get(name);
    if (role === undefined) return "role-not-found";
    const others = role.permissions.filter(({ range }) => !isSameRange(range, permission.range));
    const kept = { kind: permission.kind, range: copyOf(permission.range) };
    const permissions = [...others, kept].sort(inKeyOrder);
    this.#bump();
    this.#putRole({ name, permissions });
    return undefined;
  }

  #revokePermission(name: string, range: KeyRange): AuthRefusal | undefined {
    const role = this.#roles.get(name);
    if (role === undefined) return "role-not-found";
    const permissions = role.permissions.filter((permission) => !isSameRange(permission.range, range));
    if (permissions.length === role.permissions.length) return "permission-not-granted";
    this.#bump();
    this.#putRole({ name, permissions });
    return undefined;
  }

  #put(user: AuthUser): void {
    this.#users.set(user.name, user);
    this.#observer.user(user.name, user);
  }

  #putRole(role: AuthRole): void {
    this.#roles.set(role.name, role);
    this.#observer.role(role.name, role);
  }

  #bump(): void {
    this.#revision++;
    this.#allowed.clear();
    this.#tellHead();
  }

  #tellHead(): void {
    this.#observer.head({ isEnabled: this.#isEnabled, revision: this.#revision, tokenSecret: this.#tokenSecret });
  }
}

function sortedNames(names: Iterable<string>): string[] {
  return [...names]
    .map((name) => ({ name, order: textOf(utf8Of(name)) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ name }) => name);
}

/** One key, or a range that is not turned round; never from the empty key, which is none. */
function isGrantable({ key, end }: KeyRange): boolean {
  if (key.length === 0) return false;
  if (end === undefined || (end.length === 1 && end[0] === 0)) return true;
  return textOf(key) < textOf(end);
}

function isSameRange(one: KeyRange, other: KeyRange): boolean {
  return orderOf(one) === orderOf(other);
}

/** By the first key, then by the end: any two different ranges have an order, the same on every member. */
function inKeyOrder(one: Permission, other: Permission): number {
  const a = textOf(one.range.key);
  const b = textOf(other.range.key);
  if (a !== b) return a < b ? -1 : 1;
  return orderOf(one.range) < orderOf(other.range) ? -1 : 1;
}

function orderOf({ key, end }: KeyRange): string {
  return `${key.length}:${textOf(key)}${end === undefined ? "" : `:${textOf(end)}`}`;
}

/** Commands are views of the log's bytes, which must not be kept. */
function copyOf({ key, end }: KeyRange): KeyRange {
  return { key: key.slice(), end: end?.slice() };
}
