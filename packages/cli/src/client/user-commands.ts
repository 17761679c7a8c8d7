import { AuthUserGetResponseSchema, AuthUserListResponseSchema } from "@quorate/etcd/api";
import { exitCodes, UsageError } from "../errors.ts";
import { askForPassword } from "./ask-for-password.ts";
import {
  roleGet,
  userAdd,
  userChangePassword,
  userDelete,
  userGet,
  userGrantRole,
  userList,
  userRevokeRole,
} from "./etcd-methods.ts";
import { show } from "./output.ts";
import { permissionJson, roleText } from "./print-roles.ts";
import { readStandardInputLine } from "./standard-input.ts";
import { withCalls, type ClientFlags } from "./with-calls.ts";

export interface NewPasswordFlags extends ClientFlags {
  readonly newUserPassword?: string;
  /** "false" takes a line of standard input. */
  readonly interactive?: string;
}

/** "name", or "name:password". */
export async function runUserAdd(user: string, flags: NewPasswordFlags & { noPassword?: boolean }): Promise<number> {
  const colon = user.indexOf(":");
  const [name, given] = colon < 0 ? [user, undefined] : [user.slice(0, colon), user.slice(colon + 1)];
  if (name === "") throw new UsageError("A user needs a name.");
  const without = flags.noPassword === true;
  const password = without ? "" : (flags.newUserPassword ?? given ?? (await newPassword(name, flags)));
  await withCalls(flags, (calls) => calls.call(userAdd, { name, password, options: { noPassword: without } }));
  return done(flags, `User ${name} created\n`, { user: name });
}

export async function runUserPassword(name: string, flags: NewPasswordFlags): Promise<number> {
  const password = flags.newUserPassword ?? (await newPassword(name, flags));
  await withCalls(flags, (calls) => calls.call(userChangePassword, { name, password }));
  return done(flags, "Password updated\n", { user: name });
}

export async function runUserDelete(name: string, flags: ClientFlags): Promise<number> {
  await withCalls(flags, (calls) => calls.call(userDelete, { name }));
  return done(flags, `User ${name} deleted\n`, { user: name });
}

/** With `detail` the permissions of each role too. */
export async function runUserGet(name: string, flags: ClientFlags & { detail?: boolean }): Promise<number> {
  return withCalls(flags, async (calls) => {
    const answer = await calls.call(userGet, { name });
    const roles =
      flags.detail === true
        ? await Promise.all(
            answer.roles.map(async (role) => ({ role, permissions: (await calls.call(roleGet, { role })).perm })),
          )
        : [];
    const text = `User: ${name}\nRoles: ${answer.roles.join(" ")}\n`;
    show(flags, {
      text: `${text}${roles.map(({ role, permissions }) => `\n${roleText(role, permissions)}`).join("")}`,
      json: {
        user: name,
        roles: answer.roles,
        ...(flags.detail === true
          ? { permissions: Object.fromEntries(roles.map((one) => [one.role, one.permissions.map(permissionJson)])) }
          : {}),
      },
      schema: AuthUserGetResponseSchema,
      answer,
    });
    return exitCodes.done;
  });
}

export async function runUserList(flags: ClientFlags): Promise<number> {
  const answer = await withCalls(flags, (calls) => calls.call(userList, {}));
  show(flags, {
    text: answer.users.map((user) => `${user}\n`).join(""),
    json: { users: answer.users },
    schema: AuthUserListResponseSchema,
    answer,
  });
  return exitCodes.done;
}

export async function runUserGrantRole(user: string, role: string, flags: ClientFlags): Promise<number> {
  await withCalls(flags, (calls) => calls.call(userGrantRole, { user, role }));
  return done(flags, `Role ${role} is granted to user ${user}\n`, { user, role });
}

export async function runUserRevokeRole(name: string, role: string, flags: ClientFlags): Promise<number> {
  await withCalls(flags, (calls) => calls.call(userRevokeRole, { name, role }));
  return done(flags, `Role ${role} is revoked from user ${name}\n`, { user: name, role });
}

/** Asked for twice at a terminal; a line of standard input with --interactive=false. */
async function newPassword(name: string, { interactive }: NewPasswordFlags): Promise<string> {
  if (interactive === "false") return readStandardInputLine();
  const first = await askForPassword(
    `Password of ${name}: `,
    "--new-user-password, or --interactive=false and standard input",
  );
  const second = await askForPassword("The same again: ", "--new-user-password");
  if (first !== second) throw new UsageError("The two passwords differ.");
  return first;
}

function done(flags: ClientFlags, text: string, json: unknown): number {
  show(flags, { text, json });
  return exitCodes.done;
}
