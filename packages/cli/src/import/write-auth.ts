import { randomBytes } from "node:crypto";
import type { Calls } from "../client/calls.ts";
import { roleAdd, roleGrantPermission, roleList, userAdd, userGrantRole, userList } from "../client/etcd-methods.ts";
import type { SourceAuth, SourceUser } from "./source.ts";

export interface WrittenAuth {
  readonly roles: number;
  readonly users: number;
  /** Users to whom nobody knows the password: it is to be set anew. */
  readonly withoutPassword: readonly string[];
}

/** Users and roles with what they may do. What is there by that name already is given the same on top. */
export async function writeAuth(calls: Calls, { users, roles }: SourceAuth): Promise<WrittenAuth> {
  const knownRoles = new Set((await calls.call(roleList, {})).roles);
  const knownUsers = new Set((await calls.call(userList, {})).users);
  for (const { name, permissions } of roles) {
    if (!knownRoles.has(name)) await calls.call(roleAdd, { name });
    for (const perm of permissions) await calls.call(roleGrantPermission, { name, perm });
  }
  for (const user of users) {
    if (!knownUsers.has(user.name)) await calls.call(userAdd, newUser(user));
    for (const role of user.roles) await calls.call(userGrantRole, { user: user.name, role });
  }
  return {
    roles: roles.length,
    users: users.length,
    withoutPassword: users
      .filter(({ name, hasNoPassword, passwordHash }) => {
        return hasNoPassword !== true && passwordHash === undefined && !knownUsers.has(name);
      })
      .map(({ name }) => name),
  };
}

/** With the password's hash where it is known, else with a password that nobody has seen. */
function newUser({ name, hasNoPassword, passwordHash }: SourceUser) {
  if (hasNoPassword === true) return { name, options: { noPassword: true } };
  if (passwordHash === undefined) return { name, password: randomBytes(24).toString("base64") };
  return { name, hashedPassword: Buffer.from(passwordHash).toString("base64") };
}
