import { AuthRoleGetResponseSchema, AuthRoleListResponseSchema, Permission_Type as Type } from "@quorate/etcd/api";
import { exitCodes, UsageError } from "../errors.ts";
import { roleAdd, roleDelete, roleGet, roleGrantPermission, roleList, roleRevokePermission } from "./etcd-methods.ts";
import { keyRange, type RangeFlags } from "./key-requests.ts";
import { show } from "./output.ts";
import { permissionJson, rangeText, roleText } from "./print-roles.ts";
import { withCalls, type ClientFlags } from "./with-calls.ts";

export async function runRoleAdd(name: string, flags: ClientFlags): Promise<number> {
  await withCalls(flags, (calls) => calls.call(roleAdd, { name }));
  return done(flags, `Role ${name} created\n`, { role: name });
}

export async function runRoleDelete(role: string, flags: ClientFlags): Promise<number> {
  await withCalls(flags, (calls) => calls.call(roleDelete, { role }));
  return done(flags, `Role ${role} deleted\n`, { role });
}

export async function runRoleGet(role: string, flags: ClientFlags): Promise<number> {
  const answer = await withCalls(flags, (calls) => calls.call(roleGet, { role }));
  show(flags, {
    text: roleText(role, answer.perm),
    json: { role, permissions: answer.perm.map(permissionJson) },
    schema: AuthRoleGetResponseSchema,
    answer,
  });
  return exitCodes.done;
}

export async function runRoleList(flags: ClientFlags): Promise<number> {
  const answer = await withCalls(flags, (calls) => calls.call(roleList, {}));
  show(flags, {
    text: answer.roles.map((role) => `${role}\n`).join(""),
    json: { roles: answer.roles },
    schema: AuthRoleListResponseSchema,
    answer,
  });
  return exitCodes.done;
}

const types: Readonly<Record<string, Type>> = { read: Type.READ, write: Type.WRITE, readwrite: Type.READWRITE };

export async function runRoleGrant(
  name: string,
  type: string,
  key: string,
  end: string | undefined,
  flags: ClientFlags & RangeFlags,
): Promise<number> {
  const permType = types[type.toLowerCase()];
  if (permType === undefined) throw new UsageError(`"${type}" is none of read, write and readwrite.`);
  const perm = { permType, ...keyRange(key, end, flags) };
  await withCalls(flags, (calls) => calls.call(roleGrantPermission, { name, perm }));
  return done(flags, `Role ${name} updated\n`, {
    role: name,
    granted: { type: type.toLowerCase(), on: rangeText(perm) },
  });
}

export async function runRoleRevoke(
  role: string,
  key: string,
  end: string | undefined,
  flags: ClientFlags & RangeFlags,
): Promise<number> {
  const range = keyRange(key, end, flags);
  await withCalls(flags, (calls) => calls.call(roleRevokePermission, { role, ...range }));
  return done(flags, `Permission of ${rangeText(range)} is revoked from role ${role}\n`, {
    role,
    revoked: rangeText(range),
  });
}

function done(flags: ClientFlags, text: string, json: unknown): number {
  show(flags, { text, json });
  return exitCodes.done;
}
