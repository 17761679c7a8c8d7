import { AuthDisableResponseSchema, AuthEnableResponseSchema, AuthStatusResponseSchema } from "@quorate/etcd/api";
import { exitCodes } from "../errors.ts";
import { CallError, type Calls } from "./calls.ts";
import { authDisable, authEnable, authStatus, roleAdd, userGrantRole } from "./etcd-methods.ts";
import { show } from "./output.ts";
import { withCalls, type ClientFlags } from "./with-calls.ts";

/** As etcdctl: the user root must exist; the role root is made, and granted, where it is missing. */
export async function runAuthEnable(flags: ClientFlags): Promise<number> {
  const answer = await withCalls(flags, async (calls) => {
    try {
      return await calls.call(authEnable, {});
    } catch (error) {
      if (!isRefusal(error, "etcdserver: root user does not have root role")) throw error;
      await makeRootRole(calls);
      return calls.call(authEnable, {});
    }
  });
  const text = "Authentication Enabled\n";
  show(flags, { text, json: { enabled: true }, schema: AuthEnableResponseSchema, answer });
  return exitCodes.done;
}

export async function runAuthDisable(flags: ClientFlags): Promise<number> {
  const answer = await withCalls(flags, (calls) => calls.call(authDisable, {}));
  const text = "Authentication Disabled\n";
  show(flags, { text, json: { enabled: false }, schema: AuthDisableResponseSchema, answer });
  return exitCodes.done;
}

export async function runAuthStatus(flags: ClientFlags): Promise<number> {
  const answer = await withCalls(flags, (calls) => calls.call(authStatus, {}));
  show(flags, {
    text: `Authentication Status: ${answer.enabled}\nAuthRevision: ${answer.authRevision}\n`,
    json: { enabled: answer.enabled, authRevision: Number(answer.authRevision) },
    schema: AuthStatusResponseSchema,
    answer,
  });
  return exitCodes.done;
}

async function makeRootRole(calls: Calls): Promise<void> {
  try {
    await calls.call(roleAdd, { name: "root" });
  } catch (error) {
    if (!isRefusal(error, "etcdserver: role name already exists")) throw error;
  }
  await calls.call(userGrantRole, { user: "root", role: "root" });
}

function isRefusal(error: unknown, details: string): boolean {
  return error instanceof CallError && error.details === details;
}
